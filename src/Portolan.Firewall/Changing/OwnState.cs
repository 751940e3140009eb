namespace Portolan.Firewall.Changing;

/// <summary>All that Portolan's own table says: its rules in the order they are asked, and the changes that led to them.</summary>
public sealed record OwnState
{
    /// <summary>No table, or an empty one.</summary>
    public static OwnState Empty { get; } = new();

    /// <summary>
    /// The rules, the first that matches decides; the default drop, if there is one, is last. Pending and paused ones too.
    /// </summary>
    public IReadOnlyList<OwnRule> Rules { get; init; } = [];

    /// <summary>The changes, oldest first; those that ended unconfirmed are gone.</summary>
    public IReadOnlyList<OwnChange> Changes { get; init; } = [];

    /// <summary>The last number that a rule was given.</summary>
    public int LastRuleNumber { get; init; }

    /// <summary>The last number that a change was given.</summary>
    public int LastChangeNumber { get; init; }

    /// <summary>Whether nothing is worth a table.</summary>
    public bool IsEmpty => Rules.Count == 0 && Changes.Count == 0;

    /// <summary>The changes that wait to be confirmed.</summary>
    public IEnumerable<OwnChange> Pending => Changes.Where(c => c.IsPending);

    /// <summary>The default drop, or <c>null</c>.</summary>
    public OwnRule? DefaultDrop => Rules.Count > 0 && Rules[^1].Action == OwnAction.Close ? Rules[^1] : null;

    /// <summary>The rule of a number, or <c>null</c>.</summary>
    public OwnRule? Rule(int number) => Rules.FirstOrDefault(r => r.Number == number);

    /// <summary>The pending change that added a rule, or <c>null</c>.</summary>
    public OwnChange? PendingAdditionOf(int rule) => Pending.FirstOrDefault(c => c.Added.Contains(rule));

    /// <summary>
    /// The rules that stay when nothing pending is confirmed and every time has passed: what is saved for the next start.
    /// </summary>
    public OwnState Lasting
    {
        get
        {
            var rules = Rules.Where(r => r.Lifetime is null && PendingAdditionOf(r.Number) is null)
                .Select(r => r with { Remaining = null, Timeout = null, PausedFor = null, Counts = [] }).ToList();
            return this with { Rules = rules, Changes = [.. Changes.Where(c => !c.IsPending)] };
        }
    }
}
