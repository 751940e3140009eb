namespace Portolan.Firewall.Xt.Targets;

/// <summary>Writes a line to the kernel's log and goes on (linux/netfilter/xt_LOG.h).</summary>
/// <param name="Level">Level of syslog.</param>
/// <param name="Flags">XT_LOG_*.</param>
/// <param name="Prefix">Text before the line. Hostile text.</param>
public sealed record LogTarget(byte Level, byte Flags, string Prefix) : XtTarget
{
    /// <summary>The layouts that are known.</summary>
    internal static IReadOnlyList<XtTargetKind> Kinds { get; } = [new("LOG", 0, 0, Decode)];

    private static LogTarget? Decode(XtPayload payload)
    {
        const int Size = 32;
        return payload.Has(Size) ? new LogTarget(payload.Byte(0), payload.Byte(1), payload.Text(2, 30)) : null;
    }
}
