using Portolan.Firewall.Changing.Statements;

namespace Portolan.Firewall.Changing.Table;

/// <summary>The whole of table <c>inet portolan</c> as it is to be: text and kernel messages are both made from this.</summary>
/// <param name="Sets">Its sets.</param>
/// <param name="Rules">The rules of its one chain, in order; empty for a table without a chain.</param>
public sealed record TableImage(IReadOnlyList<ImageSet> Sets, IReadOnlyList<ImageRule> Rules)
{
    /// <summary>The table's name; its family is inet.</summary>
    public const string TableName = "portolan";

    /// <summary>The chain's name.</summary>
    public const string ChainName = "prerouting";

    /// <summary>
    /// Behind connection tracking (-200), whose states the rules ask for, and before translation of destinations (-100): the rules see the
    /// address and port that the sender wrote, and what they drop never reaches INPUT, nor FORWARD by a published port.
    /// </summary>
    public const int ChainPriority = -110;

    /// <summary>The priority as nft writes it.</summary>
    public const string ChainPriorityText = "dstnat - 10";

    /// <summary>Says what the table is.</summary>
    public const string TableComment = "Portolan's own rules. Change them with: portolan allow, block, reject, firewall undo";

    /// <summary>Says what the chain is.</summary>
    public const string ChainComment =
        "new connections to this machine, before address translation; drop is final, accept ends this chain only";
}

/// <summary>A rule of the kernel.</summary>
/// <param name="Statements">What it consists of, in order.</param>
/// <param name="Comment">Says what it is for; printable ASCII.</param>
public sealed record ImageRule(IReadOnlyList<Statement> Statements, string Comment)
{
    /// <summary>The rule in text of nft.</summary>
    public string Text => $"{string.Join(' ', Statements.Select(s => s.Text))} comment \"{Comment}\"";
}

/// <summary>A set of the table.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">The kind of its keys.</param>
/// <param name="Comment">Says what it is for; printable ASCII. Empty for none.</param>
/// <param name="Elements">Its elements.</param>
public sealed record ImageSet(string Name, SetKeyKind Kind, string Comment, IReadOnlyList<ImageElement> Elements)
{
    /// <summary>Whether its elements may time out.</summary>
    public bool HasTimeouts { get; init; }

    /// <summary>Whether its elements are ranges.</summary>
    public bool HasRanges { get; init; }

    /// <summary>How many elements rules may put into it; 0 where no rule does.</summary>
    public uint Room { get; init; }
}

/// <summary>An element, or a range of them.</summary>
/// <param name="First">The key as a number.</param>
/// <param name="Last">The last key of a range; the same for one key.</param>
public readonly record struct ImageElement(UInt128 First, UInt128 Last)
{
    /// <summary>After how long the kernel takes it out, or <c>null</c> for never.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>How much of <see cref="Timeout"/> is left, or <c>null</c> for all of it.</summary>
    public TimeSpan? Expires { get; init; }

    /// <summary>Its comment; printable ASCII.</summary>
    public string? Comment { get; init; }
}
