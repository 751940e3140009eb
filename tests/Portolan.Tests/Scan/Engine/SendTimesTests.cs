using Portolan.Scan.Engine.Raw;

namespace Portolan.Tests.Scan.Engine;

public sealed class SendTimesTests
{
    [Fact]
    public void A_probe_is_never_said_to_be_sent_before_it_was()
    {
        var random = new Random(5);
        for (var i = 0; i < 2000; i++)
        {
            var times = new SendTimes(1000);
            times.Begin(0);
            var sentAt = random.NextInt64(1, 1_000_000_000_000);
            times.Note(0, 77, sentAt);
            Assert.True(times.TryRead(0, 77, sentAt + random.NextInt64(0, 10_000_000), out var read));
            Assert.InRange(read, sentAt, sentAt + 20_000);
        }
    }
}
