// npx aws-cdk synth -c connectionArn=arn:aws:codeconnections:...

import { App } from 'aws-cdk-lib';
import { LambdaService } from '../lib/lambda-service';

const app = new App({ analyticsReporting: false });
new LambdaService(app, 'checkout-pipeline', { connectionArn: app.node.getContext('connectionArn') });
app.synth();
