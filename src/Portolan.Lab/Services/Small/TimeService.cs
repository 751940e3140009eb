using System.Buffers.Binary;

namespace Portolan.Lab.Services.Small;

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
