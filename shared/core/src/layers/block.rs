//! One block of settings while layers are put on each other: a gate's, or a
//! stage's own. Every value knows who wrote it, and what locks it.

use serde_json::{Map, Value as Json};

use super::leaves::{Path, Step, leaves, nest};
use super::parts::{is_bare, is_same, parts, shown};
use super::tighter::{Rule, STAGE, Unset, completed_by, row_of};

/// What one layer puts on a block.
pub(super) struct Change<'a> {
    /// The layer.
    pub(super) layer: &'a str,
    /// Whether it may loosen what earlier layers let it: an artifact may not.
    pub(super) may_loosen: bool,
    /// What later layers may loosen of it, as paths within the stage.
    pub(super) loosenable: &'a [String],
}

/// A change that loosens what is locked.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Locked {
    /// The setting.
    pub(super) field: String,
    /// What holds.
    pub(super) held: String,
    /// The layer that locks it.
    pub(super) by: String,
    /// What was written.
    pub(super) written: String,
}

/// One block of settings, with who wrote what.
#[derive(Debug, Clone)]
pub(super) struct Block {
    /// `bake`, or [`STAGE`].
    pub(super) kind: String,
    /// The gate's name; a stage has none.
    pub(super) name: String,
    /// The layer that began it, and what it lets later ones loosen.
    begun_by: String,
    begun_loosenable: Vec<String>,
    values: Vec<(Path, Held)>,
}

/// A value, who wrote it, and what it may not get looser than.
#[derive(Debug, Clone)]
struct Held {
    value: Json,
    by: String,
    lock: Option<Lock>,
}

/// What a value may not get looser than; without a value: than what holds
/// where nobody wrote one.
#[derive(Debug, Clone)]
struct Lock {
    value: Option<Json>,
    by: String,
}

impl Block {
    /// A block that a layer begins.
    pub(super) fn new(kind: &str, name: &str, change: &Change<'_>) -> Block {
        Block {
            kind: kind.to_owned(),
            name: name.to_owned(),
            begun_by: change.layer.to_owned(),
            begun_loosenable: change.loosenable.to_vec(),
            values: Vec::new(),
        }
    }

    /// The layer that began it.
    pub(super) fn begun_by(&self) -> &str {
        &self.begun_by
    }

    /// Whether a layer wrote anything.
    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// A begun block with its first values.
    pub(super) fn begin(mut self, settings: &Map<String, Json>, change: &Change<'_>) -> Block {
        for (path, value) in self.leaves(settings) {
            let lock = self.lock_of(&path, None, &value, change);
            self.put(path, value, lock, change);
        }
        self
    }

    /// Puts what a later layer wrote on it.
    pub(super) fn change(
        &mut self,
        settings: &Map<String, Json>,
        change: &Change<'_>,
    ) -> Result<(), Locked> {
        let before = self.clone();
        let written = self.leaves(settings);
        if change.may_loosen {
            self.drop_replaced(&written);
        }
        for (path, value) in written {
            let lock = before.allow(&path, &value, &settings_for(settings), change)?;
            let lock = self.lock_of(&path, lock, &value, change);
            self.values
                .retain(|(own, _)| !own.is_above(&path) && !path.is_above(own));
            self.put(path, value, lock, change);
        }
        Ok(())
    }

    /// The settings as one map.
    pub(super) fn settings(&self) -> Json {
        nest(
            self.values
                .iter()
                .map(|(path, held)| (path, held.value.clone())),
        )
    }

    /// The same map with the layer in the place of each value.
    pub(super) fn layers(&self) -> Json {
        let layers = self.values.iter();
        nest(layers.map(|(path, held)| (path, Json::String(held.by.clone()))))
    }

    /// The path with the block's name, as people write it in `loosenable`.
    fn field(&self, path: &Path) -> String {
        if self.kind == STAGE {
            path.to_string()
        } else {
            format!("{}.{path}", self.name)
        }
    }

    fn leaves(&self, settings: &Map<String, Json>) -> Vec<(Path, Json)> {
        let kind = self.kind.clone();
        let parts = move |path: &Path, json: &Json| parts(&kind, path, json);
        leaves(&Json::Object(settings.clone()), &parts)
    }

    fn held(&self, path: &Path) -> Option<&Held> {
        let mut values = self.values.iter();
        values.find(|(own, _)| own == path).map(|(_, held)| held)
    }

    fn has(&self, path: &Path) -> bool {
        self.values.iter().any(|(own, _)| path.holds(own))
    }

    fn put(&mut self, path: Path, value: Json, lock: Option<Lock>, change: &Change<'_>) {
        let by = change.layer.to_owned();
        match self.values.iter_mut().find(|(own, _)| *own == path) {
            // Who wrote it first is where it comes from.
            Some((_, held)) if is_same(&held.value, &value) => held.lock = lock,
            Some((_, held)) => *held = Held { value, by, lock },
            None => self.values.push((path, Held { value, by, lock })),
        }
    }

    /// What locks a value from now on: what this layer wrote, unless it lets
    /// later ones loosen it; then what locked it before.
    fn lock_of(
        &self,
        path: &Path,
        earlier: Option<Lock>,
        value: &Json,
        change: &Change<'_>,
    ) -> Option<Lock> {
        if self.is_in(path, change.loosenable) {
            return earlier;
        }
        Some(Lock {
            value: Some(value.clone()),
            by: change.layer.to_owned(),
        })
    }

    /// Whether a list of `loosenable` has a path or what it is a part of.
    fn is_in(&self, path: &Path, loosenable: &[String]) -> bool {
        let gate = (self.kind != STAGE).then_some(self.name.as_str());
        let fields: Vec<&str> = path.fields();
        loosenable.iter().any(|entry| {
            let rest = match gate {
                Some(gate) => match entry.strip_prefix(gate) {
                    Some("") => return true,
                    Some(rest) => rest.strip_prefix('.'),
                    None => None,
                },
                None => Some(entry.as_str()),
            };
            rest.is_some_and(|rest| {
                let named: Vec<&str> = rest.split('.').collect();
                fields.starts_with(&named)
            })
        })
    }

    /// Items that later layers may loosen are replaced by the items that one
    /// writes; locked ones stay.
    fn drop_replaced(&mut self, written: &[(Path, Json)]) {
        let items: Vec<Path> = written
            .iter()
            .filter_map(|(path, _)| path.items().next())
            .collect();
        let lists: Vec<Path> = items.iter().map(Path::parent).collect();
        let stays = |path: &Path, values: &[(Path, Held)]| {
            let Some(item) = path.items().next() else {
                return true;
            };
            let is_locked = |(own, held): &(Path, Held)| item.holds(own) && held.lock.is_some();
            !lists.contains(&item.parent()) || items.contains(&item) || values.iter().any(is_locked)
        };
        let kept: Vec<bool> = self
            .values
            .iter()
            .map(|(path, _)| stays(path, &self.values))
            .collect();
        let mut kept = kept.into_iter();
        self.values.retain(|_| kept.next().unwrap_or(true));
    }

    /// What has locked a value so far, if it may become this one.
    fn allow(
        &self,
        path: &Path,
        new: &Json,
        wrote: &dyn Fn(&str) -> Option<Json>,
        change: &Change<'_>,
    ) -> Result<Option<Lock>, Locked> {
        let refuse = |at: &Path, held: String, by: &str| Locked {
            field: self.field(at),
            held,
            by: by.to_owned(),
            written: shown(new),
        };
        if let Some(held) = self.held(path) {
            return self.allow_change(path, held, new, change);
        }
        if let Some((above, held)) = self
            .values
            .iter()
            .find(|(own, held)| own.is_above(path) && !is_bare(&held.value))
        {
            let measures =
                row_of(&self.kind, &above.pattern()).is_some_and(|row| row.rule == Rule::Measured);
            if measures || (change.may_loosen && held.lock.is_none()) {
                return Ok(None);
            }
            let by = held.lock.as_ref().map_or(held.by.as_str(), |lock| &lock.by);
            return Err(refuse(above, shown(&held.value), by));
        }
        let below: Vec<&(Path, Held)> = self
            .values
            .iter()
            .filter(|(own, _)| path.is_above(own))
            .collect();
        if let Some((_, first)) = below.first() {
            let locked = below.iter().find_map(|(_, held)| held.lock.as_ref());
            if change.may_loosen && locked.is_none() {
                return Ok(None);
            }
            let by = locked.map_or(first.by.as_str(), |lock| &lock.by);
            return Err(refuse(path, "what is there".to_owned(), by));
        }
        let lock = Lock {
            value: None,
            by: self.begun_by.clone(),
        };
        let is_loosenable = self.is_in(path, &self.begun_loosenable);
        match self.new_value(path, new, wrote) {
            Some(New::Tightened) if !is_loosenable => return Ok(Some(lock)),
            Some(_) => return Ok(None),
            None => {}
        }
        if change.may_loosen && is_loosenable {
            return Ok(None);
        }
        Err(refuse(
            path,
            "what holds unless it is written".to_owned(),
            &self.begun_by,
        ))
    }

    fn allow_change(
        &self,
        path: &Path,
        held: &Held,
        new: &Json,
        change: &Change<'_>,
    ) -> Result<Option<Lock>, Locked> {
        if is_same(&held.value, new) {
            return Ok(held.lock.clone());
        }
        let row = row_of(&self.kind, &path.pattern());
        let bake_for = self.held(&fields("for")).map(|held| &held.value);
        let is_no_looser = |than: Option<&Json>| {
            than.is_some_and(|than| is_same(than, new))
                || row.is_some_and(|row| row.is_no_looser(than, new, bake_for))
        };
        let lock = held.lock.as_ref();
        // An artifact keeps to what holds now, locked or not.
        let keeps = change.may_loosen || is_no_looser(Some(&held.value));
        if keeps && lock.is_none_or(|lock| is_no_looser(lock.value.as_ref())) {
            return Ok(held.lock.clone());
        }
        Err(Locked {
            field: self.field(path),
            held: shown(
                lock.and_then(|lock| lock.value.as_ref())
                    .unwrap_or(&held.value),
            ),
            by: lock.map_or(&held.by, |lock| &lock.by).clone(),
            written: shown(new),
        })
    }

    /// What a value is that nobody wrote so far, if it is no loosening.
    fn new_value(
        &self,
        path: &Path,
        new: &Json,
        wrote: &dyn Fn(&str) -> Option<Json>,
    ) -> Option<New> {
        if is_bare(new) {
            return Some(New::Added);
        }
        let adds =
            |pattern: &str| row_of(&self.kind, pattern).is_some_and(|row| row.rule == Rule::Adds);
        if let Some(item) = path.items().find(|item| !self.has(item)) {
            return adds(&item.pattern()).then_some(New::Added);
        }
        if adds(&format!("{}[]", path.parent().pattern())) {
            return Some(New::Added);
        }
        let pattern = path.pattern();
        match row_of(&self.kind, &pattern) {
            Some(row) if !matches!(row.rule, Rule::Completes(_)) => {
                let own = self.held(&fields("for")).map(|held| held.value.clone());
                let bake_for = own.or_else(|| wrote("for"));
                let completes = matches!(row.rule, Rule::More | Rule::Longer(Unset::Completes));
                let kind = if completes {
                    New::Added
                } else {
                    New::Tightened
                };
                row.is_no_looser(None, new, bake_for.as_ref())
                    .then_some(kind)
            }
            _ => self.completes(&pattern).then_some(New::Added),
        }
    }

    /// Whether a setting is one that nobody gave, nor what would stand for it.
    fn completes(&self, pattern: &str) -> bool {
        completed_by(&self.kind, pattern).is_some_and(|row| match row.rule {
            Rule::Completes(others) => {
                let is_given = |name: &&str| self.has(&fields(name));
                !is_given(&row.setting) && !others.iter().any(is_given)
            }
            _ => false,
        })
    }
}

/// What a value is that nobody wrote so far.
enum New {
    /// More than there was.
    Added,
    /// Tighter than what holds where nobody wrote it.
    Tightened,
}

fn fields(name: &str) -> Path {
    Path(
        name.split('.')
            .map(|key| Step::Key(key.to_owned()))
            .collect(),
    )
}

fn settings_for(settings: &Map<String, Json>) -> impl Fn(&str) -> Option<Json> + '_ {
    |name| settings.get(name).cloned()
}
