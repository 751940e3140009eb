namespace Portolan.Firewall.Xt.Targets;

/// <summary>Translates a network to another address by address (NETMAP): the bits in which the ends differ are kept.</summary>
/// <param name="Range">To what.</param>
public sealed record NetMapTarget(NatRange Range) : XtTarget
{
    /// <summary>The layouts that are known.</summary>
    internal static IReadOnlyList<XtTargetKind> Kinds { get; } = [new("NETMAP", 0, 0, Decode)];

    private static NetMapTarget? Decode(XtPayload payload)
    {
        return NatRange.ReadByFamily(payload) is { } range ? new NetMapTarget(range) : null;
    }
}
