using System.Buffers.Binary;
using System.Text;

namespace Portolan.Lab.Services.Clock;

/// <summary>Reports the lab's time to clients of NTP, versions 1 to 4 (RFC 5905, RFC 4330).</summary>
internal sealed class NtpService : IDatagramService
{
    private const int Length = 48;
    private const int ClientMode = 3;
    private const int ServerMode = 4;

    // A thousandth of a second, in units of 2^-16 seconds.
    private const uint Millisecond = 66;

    private static readonly DateTimeOffset Epoch = new(1900, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public string Name => "ntp";

    public string Summary => "serves the lab's time (RFC 5905)";

    public PortNumber? UsualPort => new(123);

    public IReadOnlyList<ServiceSetting> Settings { get; } =
    [
        new("stratum", "how far it is from a clock, 1 to 15; by default 2") { Check = SettingChecks.Number(1, 15) },
        new("offset", "milliseconds that its clock is fast; by default 0") { Check = SettingChecks.Number(0, 1_000_000_000_000) },
    ];

    public bool TryAnswer(ReadOnlySpan<byte> request, ServiceCall call, Span<byte> reply, out int length)
    {
        length = 0;
        if (request.Length < Length || reply.Length < Length)
        {
            return false;
        }

        // Version 1 has no mode.
        var version = (request[0] >> 3) & 7;
        var mode = request[0] & 7;
        if (version is < 1 or > 4 || (mode != ClientMode && !(version == 1 && mode == 0)))
        {
            return false;
        }

        var stratum = (byte)call.Number("stratum", 2);
        var now = Stamp(call.Host.Time.GetUtcNow() + TimeSpan.FromMilliseconds(call.Number("offset", 0)));
        reply[..Length].Clear();
        reply[0] = (byte)((version << 3) | ServerMode);
        reply[1] = stratum;
        reply[2] = request[2];

        // 2^-20 seconds.
        reply[3] = unchecked((byte)-20);
        BinaryPrimitives.WriteUInt32BigEndian(reply[4..], stratum == 1 ? 0 : Millisecond);
        BinaryPrimitives.WriteUInt32BigEndian(reply[8..], Millisecond);
        Encoding.ASCII.GetBytes(stratum == 1 ? "LOCL" : "LAB\0", reply[12..]);

        // Set a second ago; then the client's own time, and when the question came and the answer goes.
        BinaryPrimitives.WriteUInt64BigEndian(reply[16..], now - (1UL << 32));
        request[40..48].CopyTo(reply[24..]);
        BinaryPrimitives.WriteUInt64BigEndian(reply[32..], now);
        BinaryPrimitives.WriteUInt64BigEndian(reply[40..], now);
        length = Length;
        return true;
    }

    // Seconds since 1900, and their fraction in units of 2^-32; it runs over in 2036 and goes on (RFC 5905 section 6).
    private static ulong Stamp(DateTimeOffset time)
    {
        var ticks = (Int128)(time - Epoch).Ticks;
        return (ulong)(((ticks << 32) / TimeSpan.TicksPerSecond) & ulong.MaxValue);
    }
}
