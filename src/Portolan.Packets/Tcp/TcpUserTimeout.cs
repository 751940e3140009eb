namespace Portolan.Packets;

/// <summary>The field of the user timeout option: a granularity bit and 15 bits of seconds or minutes (RFC 5482 section 3).</summary>
internal static class TcpUserTimeout
{
    private const ushort InMinutes = 0x8000;
    private const int Most = 0x7fff;

    internal static TimeSpan Decode(ushort field) =>
        (field & InMinutes) != 0 ? TimeSpan.FromMinutes(field & Most) : TimeSpan.FromSeconds(field & Most);

    internal static ushort Encode(TimeSpan timeout)
    {
        var seconds = Math.Max(0, Math.Ceiling(timeout.TotalSeconds));
        return seconds <= Most ? (ushort)seconds : (ushort)(InMinutes | (int)Math.Min(Most, Math.Ceiling(timeout.TotalMinutes)));
    }
}
