//! Who may do what, as one table: the status that each operation answers to each kind of caller.

use crate::document::Operation;

/// A kind of caller. All but the administrator and the stranger are members of the project that an
/// operation is about; the tokens are those of its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// No credential.
    Anonymous,
    /// Signed in, and a member of nothing.
    Stranger,
    /// Signed in, with this role in the project.
    Viewer,
    Editor,
    Owner,
    /// An administrator of the instance who is no member of the project.
    Admin,
    /// The same administrator, whose password was last given long ago.
    Late,
    /// A management token with this permission.
    Manage,
    Read,
    Verify,
    /// An API key of the project, sent as the bearer.
    Key,
}

/// All of them, in the order of the table.
pub const COLUMNS: [(&str, Column); 11] = [
    ("anonymous", Column::Anonymous),
    ("stranger", Column::Stranger),
    ("viewer", Column::Viewer),
    ("editor", Column::Editor),
    ("owner", Column::Owner),
    ("admin", Column::Admin),
    ("late", Column::Late),
    ("manage", Column::Manage),
    ("read", Column::Read),
    ("verify", Column::Verify),
    ("key", Column::Key),
];

/// Each request is a good one of its kind, so that only the caller decides. setUp answers 409 because the
/// instance is set up.
const TABLE: &str = "
operation            anonymous stranger viewer editor owner admin late manage read verify key

showSession          200       200      200    200    200   200   200  200    200  200    401
setUp                409       409      409    409    409   409   409  409    409  409    401
signIn               200       200      200    200    200   200   200  200    200  200    401
claimSession         200       200      200    200    200   200   200  200    200  200    401
confirmSession       401       204      204    204    204   204   204  403    403  403    401
signOut              401       204      204    204    204   204   204  403    403  403    401

showMe               401       200      200    200    200   200   200  200    200  403    401
updateMe             401       200      200    200    200   200   200  200    403  403    401
changePassword       401       204      204    204    204   204   204  403    403  403    401
beginSecondFactor    401       201      201    201    201   201   403  403    403  403    401
confirmSecondFactor  401       200      200    200    200   200   200  403    403  403    401
endSecondFactor      401       204      204    204    204   204   204  403    403  403    401
listSessions         401       200      200    200    200   200   200  200    200  403    401
endSession           401       204      204    204    204   204   403  403    403  403    401
endOtherSessions     401       204      204    204    204   204   403  403    403  403    401
listTokens           401       200      200    200    200   200   200  403    403  403    401
createToken          401       201      201    201    201   201   403  403    403  403    401
revokeToken          401       204      204    204    204   204   204  403    403  403    401

listUsers            401       403      403    403    403   200   200  403    403  403    401
createUser           401       403      403    403    403   201   403  403    403  403    401
updateUser           401       403      403    403    403   200   403  403    403  403    401
createSignInLink     401       403      403    403    403   201   403  403    403  403    401
resetSecondFactor    401       403      403    403    403   204   403  403    403  403    401
listAudit            401       403      403    403    403   200   200  403    403  403    401

listProjects         401       200      200    200    200   200   200  200    200  403    401
createProject        401       201      201    201    201   201   201  201    403  403    401
showProject          401       404      200    200    200   200   200  200    200  403    401
updateProject        401       404      403    403    200   200   200  200    403  403    401
archiveProject       401       404      403    403    200   200   200  200    403  403    401

listMembers          401       404      200    200    200   200   200  200    200  403    401
addMember            401       404      403    403    201   201   201  201    403  403    401
updateMember         401       404      403    403    200   200   200  200    403  403    401
removeMember         401       404      403    403    204   204   204  204    403  403    401

testBackend          401       404      403    403    200   200   200  200    403  403    401

listMemories         401       404      200    200    200   200   200  200    200  403    401
deleteMemory         401       404      403    204    204   204   204  204    403  403    401

listKeys             401       404      200    200    200   200   200  200    200  403    401
createKey            401       404      403    201    201   201   201  201    403  403    401
showKey              401       404      200    200    200   200   200  200    200  403    401
updateKey            401       404      403    200    200   200   200  200    403  403    401
rotateKey            401       404      403    201    201   201   201  201    403  403    401
endOverlap           401       404      403    200    200   200   200  200    403  403    401
revokeKey            401       404      403    200    200   200   200  200    403  403    401

listProjectAudit     401       404      403    200    200   200   200  200    200  403    401
showProjectUsage     401       404      200    200    200   200   200  200    200  403    401
showKeyUsage         401       404      200    200    200   200   200  200    200  403    401
listHygiene          401       404      200    200    200   200   200  200    200  403    401
listCalls            401       404      200    200    200   200   200  200    200  403    401
followKey            401       404      200    200    200   200   200  200    200  403    401

verifyKey            401       200      200    200    200   200   200  403    403  200    401
showKeySelf          401       401      401    401    401   401   401  401    401  401    200
forwardAuth          401       401      401    401    401   401   401  401    401  401    200

showHealth           200       200      200    200    200   200   200  200    200  200    200
showReadiness        200       200      200    200    200   200   200  200    200  200    200
showMetrics          401       200      200    200    200   200   200  200    200  403    401
showOpenapiJson      200       200      200    200    200   200   200  200    200  200    200
showOpenapiJson30    200       200      200    200    200   200   200  200    200  200    200
showOpenapiYaml      200       200      200    200    200   200   200  200    200  200    200
";

/// One operation's line of the table.
pub struct Row {
    /// The operationId.
    pub operation: &'static str,
    statuses: Vec<Option<u16>>,
}

impl Row {
    /// The status for this caller; `None` where the table has no cell.
    pub fn status(&self, column: Column) -> Option<u16> {
        let at = COLUMNS.iter().position(|(_, known)| *known == column)?;
        self.statuses.get(at).copied().flatten()
    }

    /// Every status that stands in the line.
    pub fn statuses(&self) -> impl Iterator<Item = u16> {
        self.statuses.iter().copied().flatten()
    }
}

/// The table, line by line.
pub fn rows() -> Vec<Row> {
    let mut lines = TABLE.lines().filter(|line| !line.trim().is_empty());
    let head: Vec<&str> = lines
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .skip(1)
        .collect();
    assert_eq!(
        head,
        COLUMNS.map(|(name, _)| name),
        "the table's head names the columns"
    );
    lines
        .map(|line| {
            let mut words = line.split_whitespace();
            let operation = words.next().unwrap_or_default();
            Row {
                operation,
                statuses: words.map(|word| word.parse().ok()).collect(),
            }
        })
        .collect()
}

/// What the table lacks, or has too much of, for these operations.
pub fn gaps(rows: &[Row], operations: &[Operation]) -> Vec<String> {
    let mut gaps = Vec::new();
    for operation in operations {
        let id = &operation.id;
        match rows
            .iter()
            .filter(|row| row.operation == id)
            .collect::<Vec<_>>()[..]
        {
            [] => gaps.push(format!("{id} has no row in the table: say who may call it")),
            [row] => {
                for (name, column) in COLUMNS {
                    if row.status(column).is_none() {
                        gaps.push(format!("{id} has no cell for {name}"));
                    }
                }
                if row.statuses.len() > COLUMNS.len() {
                    gaps.push(format!("{id} has more cells than there are columns"));
                }
            }
            _ => gaps.push(format!("{id} has more than one row")),
        }
    }
    for row in rows {
        if !operations
            .iter()
            .any(|operation| operation.id == row.operation)
        {
            gaps.push(format!(
                "{} stands in the table and is no operation",
                row.operation
            ));
        }
    }
    gaps
}
