using Portolan.Firewall.Xt.Matches;
using Portolan.Firewall.Xt.Targets;

namespace Portolan.Firewall.Xt;

/// <summary>Decodes the parameters of matches and targets of x_tables, those inside nftables and those of legacy tables alike.</summary>
internal sealed class XtDecoder
{
    private readonly Dictionary<string, XtMatchKind> _matches = new(StringComparer.Ordinal);
    private readonly Dictionary<string, XtTargetKind> _targets = new(StringComparer.Ordinal);

    /// <summary>Knows what <see cref="XtNames"/> names.</summary>
    internal XtDecoder()
    {
        foreach (var kind in XtNames.Matches())
        {
            _matches.Add(kind.Name, kind);
        }

        foreach (var kind in XtNames.Targets())
        {
            _targets.Add(kind.Name, kind);
        }
    }

    /// <summary>A match; <c>null</c> when it is not known, or its parameters are not as they should be.</summary>
    internal XtMatch? DecodeMatch(string name, XtPayload payload)
    {
        if (!_matches.TryGetValue(name, out var kind))
        {
            return XtNames.NatureOfMatch(name) is { } nature ? new NamedMatch(name, nature) : null;
        }

        return payload.Revision >= kind.FirstRevision && payload.Revision <= kind.LastRevision ? kind.Decode(payload) : null;
    }

    /// <summary>A target; <c>null</c> when it is not known, or its parameters are not as they should be.</summary>
    internal XtTarget? DecodeTarget(string name, XtPayload payload)
    {
        if (!_targets.TryGetValue(name, out var kind))
        {
            return XtNames.NatureOfTarget(name) is { } nature ? new NamedTarget(name, nature) : null;
        }

        return payload.Revision >= kind.FirstRevision && payload.Revision <= kind.LastRevision ? kind.Decode(payload) : null;
    }
}
