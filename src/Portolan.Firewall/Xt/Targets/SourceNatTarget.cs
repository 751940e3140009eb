namespace Portolan.Firewall.Xt.Targets;

/// <summary>Translates the source (SNAT).</summary>
/// <param name="Range">To what.</param>
public sealed record SourceNatTarget(NatRange Range) : XtTarget
{
    /// <summary>The layouts that are known.</summary>
    internal static IReadOnlyList<XtTargetKind> Kinds { get; } = [new("SNAT", 0, 1, Decode)];

    private static SourceNatTarget? Decode(XtPayload payload)
    {
        var range = payload.Revision == 0 ? NatRange.ReadIPv4(payload) : NatRange.Read(payload, hasBase: false);
        return range is null ? null : new SourceNatTarget(range);
    }
}
