namespace Portolan.Firewall.Xt.Targets;

/// <summary>Translates the destination (DNAT).</summary>
/// <param name="Range">To what.</param>
public sealed record DestinationNatTarget(NatRange Range) : XtTarget
{
    /// <summary>The layouts that are known.</summary>
    internal static IReadOnlyList<XtTargetKind> Kinds { get; } = [new("DNAT", 0, 2, Decode)];

    private static DestinationNatTarget? Decode(XtPayload payload)
    {
        var range = payload.Revision switch
        {
            0 => NatRange.ReadIPv4(payload),
            1 => NatRange.Read(payload, hasBase: false),
            _ => NatRange.Read(payload, hasBase: true),
        };
        return range is null ? null : new DestinationNatTarget(range);
    }
}
