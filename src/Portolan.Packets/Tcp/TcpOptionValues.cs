using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Packets;

/// <summary>Which known options a segment carries.</summary>
[Flags]
public enum TcpOptionSet : ushort
{
    /// <summary>None that is known.</summary>
    None = 0,

    /// <summary>MSS.</summary>
    MaximumSegmentSize = 1,

    /// <summary>The shift of the window (RFC 7323 section 2).</summary>
    WindowScale = 2,

    /// <summary>The permission to send selective acknowledgments (RFC 2018 section 2).</summary>
    SackPermitted = 4,

    /// <summary>SACK blocks.</summary>
    Sack = 8,

    /// <summary>TSval and TSecr (RFC 7323 section 3).</summary>
    Timestamps = 16,

    /// <summary>A Fast Open cookie or the request for one.</summary>
    FastOpen = 32,

    /// <summary>AccECN's counters.</summary>
    AccurateEcn = 64,

    /// <summary>How long data may stay unacknowledged (RFC 5482).</summary>
    UserTimeout = 128,

    /// <summary>The signature of BGP sessions (RFC 2385).</summary>
    Md5Signature = 256,

    /// <summary>TCP-AO.</summary>
    Authentication = 512,
}

/// <summary>
/// The known options of a segment, read in one walk. An option whose length its kind does not allow is passed over; of several of a kind
/// the first counts.
/// </summary>
public readonly ref struct TcpOptionValues
{
    private readonly ushort _maximumSegmentSize;
    private readonly byte _windowScale;
    private readonly ushort _userTimeout;
    private readonly ReadOnlySpan<byte> _sack;

    private TcpOptionValues(scoped in Parts parts)
    {
        Present = parts.Present;
        _maximumSegmentSize = parts.MaximumSegmentSize;
        _windowScale = parts.WindowScale;
        _userTimeout = parts.UserTimeout;
        _sack = parts.Sack;
        TimestampValue = parts.TimestampValue;
        TimestampEcho = parts.TimestampEcho;
        FastOpenCookie = parts.FastOpenCookie;
        AccurateEcn = parts.AccurateEcn;
        Signature = parts.Signature;
    }

    /// <summary>The options that the segment has.</summary>
    public TcpOptionSet Present { get; }

    /// <summary>MSS in bytes; <c>null</c> when absent.</summary>
    public ushort? MaximumSegmentSize => Has(TcpOptionSet.MaximumSegmentSize) ? _maximumSegmentSize : null;

    /// <summary>The shift of the window as it came; <c>null</c> when absent. Values above 14 count as 14 (RFC 7323 section 2.3).</summary>
    public byte? WindowScale => Has(TcpOptionSet.WindowScale) ? _windowScale : null;

    /// <summary>The selectively acknowledged blocks; none when absent.</summary>
    public TcpSackBlocks SackBlocks => new(_sack);

    /// <summary>TSval; 0 without timestamps.</summary>
    public uint TimestampValue { get; }

    /// <summary>TSecr; 0 without timestamps.</summary>
    public uint TimestampEcho { get; }

    /// <summary>The Fast Open cookie; empty for a request, and when absent.</summary>
    public ReadOnlySpan<byte> FastOpenCookie { get; }

    /// <summary>AccECN's counters.</summary>
    public TcpAccurateEcn AccurateEcn { get; }

    /// <summary>The user timeout; <c>null</c> when absent.</summary>
    public TimeSpan? UserTimeout => Has(TcpOptionSet.UserTimeout) ? TcpUserTimeout.Decode(_userTimeout) : null;

    /// <summary>The data of an MD5 signature (16 bytes) or else of TCP-AO (key, next key, code); empty when neither is there.</summary>
    public ReadOnlySpan<byte> Signature { get; }

    /// <summary>Whether an option is there, or all of several.</summary>
    public bool Has(TcpOptionSet options) => (Present & options) == options;

    internal static TcpOptionValues From(TcpOptions options)
    {
        var parts = default(Parts);
        foreach (var option in options)
        {
            if (option.HasLegalLength)
            {
                Take(option, ref parts);
            }
        }

        return new TcpOptionValues(parts);
    }

    private static void Take(in TcpOption option, ref Parts parts)
    {
        var data = option.Data;
        switch (option.Kind)
        {
            case TcpOptionKind.MaximumSegmentSize when parts.IsFirst(TcpOptionSet.MaximumSegmentSize):
                parts.MaximumSegmentSize = ReadUInt16BigEndian(data);
                break;
            case TcpOptionKind.WindowScale when parts.IsFirst(TcpOptionSet.WindowScale):
                parts.WindowScale = data[0];
                break;
            case TcpOptionKind.SackPermitted:
                parts.IsFirst(TcpOptionSet.SackPermitted);
                break;
            case TcpOptionKind.Sack when parts.IsFirst(TcpOptionSet.Sack):
                parts.Sack = data;
                break;
            case TcpOptionKind.Timestamps when parts.IsFirst(TcpOptionSet.Timestamps):
                parts.TimestampValue = ReadUInt32BigEndian(data);
                parts.TimestampEcho = ReadUInt32BigEndian(data[4..]);
                break;
            case TcpOptionKind.FastOpen when parts.IsFirst(TcpOptionSet.FastOpen):
                parts.FastOpenCookie = data;
                break;
            case TcpOptionKind.AccurateEcn0 or TcpOptionKind.AccurateEcn1 when parts.IsFirst(TcpOptionSet.AccurateEcn):
                parts.AccurateEcn = TcpAccurateEcn.Read(data, option.Kind == TcpOptionKind.AccurateEcn1);
                break;
            case TcpOptionKind.UserTimeout when parts.IsFirst(TcpOptionSet.UserTimeout):
                parts.UserTimeout = ReadUInt16BigEndian(data);
                break;
            case TcpOptionKind.Md5Signature when parts.IsFirst(TcpOptionSet.Md5Signature):
                // RFC 5925 section 1: both together are never valid; which one the caller refuses with is its own affair.
                parts.Signature = data;
                break;
            case TcpOptionKind.Authentication when parts.IsFirst(TcpOptionSet.Authentication):
                parts.Signature = (parts.Present & TcpOptionSet.Md5Signature) != 0 ? parts.Signature : data;
                break;
        }
    }

    private ref struct Parts
    {
        internal TcpOptionSet Present;
        internal ushort MaximumSegmentSize;
        internal byte WindowScale;
        internal ushort UserTimeout;
        internal ReadOnlySpan<byte> Sack;
        internal uint TimestampValue;
        internal uint TimestampEcho;
        internal ReadOnlySpan<byte> FastOpenCookie;
        internal TcpAccurateEcn AccurateEcn;
        internal ReadOnlySpan<byte> Signature;

        internal bool IsFirst(TcpOptionSet option)
        {
            var first = (Present & option) == 0;
            Present |= option;
            return first;
        }
    }
}

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
