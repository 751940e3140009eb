namespace Portolan.Firewall.Xt.Targets;

/// <summary>Translates the source to the address of the outgoing interface (MASQUERADE).</summary>
/// <param name="Range">To what.</param>
public sealed record MasqueradeTarget(NatRange Range) : XtTarget
{
    /// <summary>The layouts that are known.</summary>
    internal static IReadOnlyList<XtTargetKind> Kinds { get; } = [new("MASQUERADE", 0, 0, Decode)];

    private static MasqueradeTarget? Decode(XtPayload payload)
    {
        return NatRange.ReadByFamily(payload) is { } range ? new MasqueradeTarget(range) : null;
    }
}
