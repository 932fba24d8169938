//! Layers in a folder, so that they can be tried without AWS.

use std::fs;
use std::io;
use std::path::PathBuf;

use sluice_core::layers::{Layer, Scope};
use sluice_core::tree::{Node, Value};

use super::Refused;
use super::place::{layer, text_of};

/// A folder of layers: `organisation.yaml`, `stage-*.yaml`, `service-*.yaml`.
pub(super) struct Folder(PathBuf);

/// One of its files.
pub(super) struct LayerFile {
    pub(super) scope: Scope,
    pub(super) path: PathBuf,
    name: String,
    pub(super) text: String,
}

impl Folder {
    pub(super) fn new(path: PathBuf) -> Folder {
        Folder(path)
    }

    /// All its layers.
    pub(super) fn layers(&self) -> Result<Vec<Layer>, Refused> {
        let files = self.files()?;
        let read = files.iter().map(|file| {
            let label = file.scope.to_string();
            layer(&file.scope, &label, &file.name, &file.text)
        });
        read.collect()
    }

    /// The file of a scope.
    pub(super) fn find(&self, scope: &Scope) -> Result<Option<LayerFile>, Refused> {
        let files = self.files()?;
        Ok(files.into_iter().find(|file| file.scope == *scope))
    }

    /// Puts a scope's file into the place of the one that is there.
    pub(super) fn write(&self, scope: &Scope, text: &str) -> Result<PathBuf, Refused> {
        let path = match self.find(scope)? {
            Some(file) => file.path,
            None => self.0.join(file_name(scope)),
        };
        fs::write(&path, text).map_err(|error| self.failed(&error))?;
        Ok(path)
    }

    fn files(&self) -> Result<Vec<LayerFile>, Refused> {
        let entries = fs::read_dir(&self.0).map_err(|error| self.failed(&error))?;
        let mut paths: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|end| end == "yaml"))
            .collect();
        paths.sort();
        let files: Vec<Option<LayerFile>> =
            paths.into_iter().map(file).collect::<Result<_, _>>()?;
        let files: Vec<LayerFile> = files.into_iter().flatten().collect();
        for (index, file) in files.iter().enumerate() {
            if files[..index].iter().any(|other| other.scope == file.scope) {
                let message = format!("{}: a second file of `{}`", file.name, file.scope);
                return Err(Refused::new(&message, "remove one of the two"));
            }
        }
        Ok(files)
    }

    fn failed(&self, error: &io::Error) -> Refused {
        let message = format!("{}: {error}", self.0.display());
        Refused::new(&message, "name a folder with `organisation.yaml` in it")
    }
}

/// A file with its scope; `None` for one that is no layer by its name.
fn file(path: PathBuf) -> Result<Option<LayerFile>, Refused> {
    let stem = path
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned());
    let stem = stem.unwrap_or_default();
    let is_layer =
        stem == "organisation" || stem.starts_with("stage-") || stem.starts_with("service-");
    if !is_layer {
        return Ok(None);
    }
    let (name, text) = text_of(&path)?;
    let written = match stem.strip_prefix("stage-") {
        Some(_) => only_stage(&text).map(|pattern| format!("stage:{pattern}")),
        None => Some(stem.replacen("service-", "service:", 1)),
    };
    let scope = written.and_then(|scope| scope.parse().ok());
    let scope = scope.ok_or_else(|| {
        let message = format!("{name}: nothing says whom this layer is for");
        let hint = "a `stage-*.yaml` has one stage or pattern below `stages`, and `service-NAME.yaml` a name";
        Refused::new(&message, hint)
    })?;
    Ok(Some(LayerFile {
        scope,
        path,
        name,
        text,
    }))
}

/// The only stage or pattern of a layer.
fn only_stage(text: &str) -> Option<String> {
    let Value::Map(fields) = Node::from_yaml(text).ok()?.value else {
        return None;
    };
    let (_, stages) = fields.into_iter().find(|(key, _)| key.name == "stages")?;
    match stages.value {
        Value::Map(stages) if stages.len() == 1 => Some(stages[0].0.name.clone()),
        _ => None,
    }
}

fn file_name(scope: &Scope) -> String {
    match scope {
        Scope::Organisation => "organisation.yaml".to_owned(),
        Scope::Stage(pattern) => format!("stage-{}.yaml", pattern.text().replace('*', "_")),
        Scope::Service(name) => format!("service-{name}.yaml"),
    }
}
