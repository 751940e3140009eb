using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Portolan.Lab.Services.Small;

/// <summary>A service that says one thing to a client that connects, or sends any datagram, and is done.</summary>
internal abstract class ShortAnswerService : StreamService, IDatagramService
{
    public bool TryAnswer(ReadOnlySpan<byte> request, ServiceCall call, Span<byte> reply, out int length)
    {
        var answer = Answer(call);
        length = answer.Length;
        return SmallReplies.MayAnswer(call) && answer.AsSpan().TryCopyTo(reply);
    }

    /// <summary>What it says.</summary>
    protected abstract byte[] Answer(ServiceCall call);

    protected override async Task TalkAsync(Stream stream, ServiceCall call, CancellationToken cancellationToken) =>
        await stream.WriteAsync(Answer(call), cancellationToken);
}

/// <summary>Whom the small services may answer over UDP.</summary>
internal static class SmallReplies
{
    /// <summary>
    /// Not each other: two that do send the same datagram to and fro for ever, as in the attacks of 1996 (CERT CA-1996-01).
    /// </summary>
    internal static bool MayAnswer(ServiceCall call) =>
        call.Remote.Port is not (0 or 7 or 9 or 13 or 17 or 19 or 37) && call.Remote.Port != call.Local.Port;
}

/// <summary>Says the time as people read it (RFC 867).</summary>
internal sealed class DaytimeService : ShortAnswerService
{
    public override string Name => "daytime";

    public override string Summary => "says the lab's time as people read it (RFC 867)";

    public override PortNumber? UsualPort => new(13);

    // The second of the two forms that the RFC proposes, with all digits of the year, as xinetd has it.
    protected override byte[] Answer(ServiceCall call) =>
        Encoding.ASCII.GetBytes(
            call.Host.Time.GetUtcNow().ToString("dd MMM yyyy HH:mm:ss 'UTC'", CultureInfo.InvariantCulture).ToUpperInvariant() + "\r\n");
}

/// <summary>Says the time as a number (RFC 868).</summary>
internal sealed class TimeService : ShortAnswerService
{
    private static readonly DateTimeOffset Epoch = new(1900, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override string Name => "time";

    public override string Summary => "says the lab's time in seconds since 1900 (RFC 868)";

    public override PortNumber? UsualPort => new(37);

    protected override byte[] Answer(ServiceCall call)
    {
        var answer = new byte[sizeof(uint)];

        // It runs over in 2036, and goes on from 0.
        BinaryPrimitives.WriteUInt32BigEndian(answer, unchecked((uint)(long)(call.Host.Time.GetUtcNow() - Epoch).TotalSeconds));
        return answer;
    }
}
