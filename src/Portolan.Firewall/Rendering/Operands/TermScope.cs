using Portolan.Firewall.Rendering.Headers;

namespace Portolan.Firewall.Rendering.Operands;

/// <summary>One statement while it is being written: what is known before it, and what it needs and reports.</summary>
internal sealed class TermScope(RuleTranslation rule)
{
    private readonly List<RulePartKind> _kinds = [];

    /// <summary>What is known about headers before it.</summary>
    public HeaderContext Context { get; } = rule.Context;

    /// <summary>How it is to be written.</summary>
    public RuleTextOptions Options => rule.Options;

    /// <summary>How deep in chains inside of rules it stands.</summary>
    public int Depth => rule.Depth;

    /// <summary>The headers it names, in the order in which nft asks for them.</summary>
    public List<ProtocolHeader> Headers { get; } = [];

    /// <summary>What it tells about the headers of packets that pass it.</summary>
    public List<HeaderFact> Facts { get; } = [];

    /// <summary>Whether it is a match that tells one fact and does nothing else.</summary>
    public bool IsFactOnly { get; private set; }

    /// <summary>Says that it is a match that tells this and nothing else.</summary>
    public void IsFact(HeaderFact fact)
    {
        Facts.Add(fact);
        IsFactOnly = true;
    }

    /// <summary>Whether nft can read it again.</summary>
    public bool IsLoadable { get; set; } = true;

    /// <summary>What a comparison is, by the facts that it compares.</summary>
    public RulePartKind Kind => _kinds.Contains(RulePartKind.Source) ? RulePartKind.Source
        : _kinds.Count > 0 && !IsInverted && _kinds.TrueForAll(static kind => kind == RulePartKind.Port) ? RulePartKind.Port
        : RulePartKind.Match;

    /// <summary>Whether it matches all but what it names.</summary>
    public bool IsInverted { get; set; }

    /// <summary>Notes a fact that is compared.</summary>
    public void Compares(RulePartKind kind) => _kinds.Add(kind);

    /// <summary>Notes a field that is compared, whose header nft asks for.</summary>
    public void Compares(ProtocolHeader header, HeaderField field)
    {
        Headers.Add(header);
        Compares(field.Name switch
        {
            "saddr" => RulePartKind.Source,
            "dport" or "protocol" or "nexthdr" => RulePartKind.Port,
            _ => RulePartKind.Match,
        });
    }

    /// <summary>Says that nft could not read this.</summary>
    public string Foreign(string text)
    {
        IsLoadable = false;
        return text;
    }
}
