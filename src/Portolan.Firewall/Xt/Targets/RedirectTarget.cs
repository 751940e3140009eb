namespace Portolan.Firewall.Xt.Targets;

/// <summary>Translates the destination to this machine (REDIRECT).</summary>
/// <param name="Range">To what.</param>
public sealed record RedirectTarget(NatRange Range) : XtTarget
{
    /// <summary>The layouts that are known.</summary>
    internal static IReadOnlyList<XtTargetKind> Kinds { get; } = [new("REDIRECT", 0, 0, Decode)];

    private static RedirectTarget? Decode(XtPayload payload)
    {
        return NatRange.ReadByFamily(payload) is { } range ? new RedirectTarget(range) : null;
    }
}
