using Portolan.Transport;
using Portolan.Transport.Ports;

namespace Portolan.Tests.Transport;

/// <summary>RFC 6191 section 2, case by case.</summary>
public sealed class TimeWaitReuseTests
{
    [Theory]
    [InlineData(true, 100, true, 101, -5000, true)]
    [InlineData(true, 100, true, 100, 0, true)]
    [InlineData(true, 100, true, 100, -1, false)]
    [InlineData(true, 100, true, 99, 5000, false)]
    [InlineData(true, uint.MaxValue, true, 3, -5000, true)]
    [InlineData(true, 3, true, uint.MaxValue, 5000, false)]
    [InlineData(false, 0, true, 1, -5000, true)]
    [InlineData(true, 100, false, 0, 0, true)]
    [InlineData(true, 100, false, 0, -1, false)]
    [InlineData(false, 0, false, 0, 1, true)]
    [InlineData(false, 0, false, 0, -1, false)]
    public void A_SYN_takes_the_pair_over_when_timestamps_or_sequence_numbers_went_on(
        bool hadTimestamps, uint last, bool hasTimestamps, uint timestamp, int sequenceAhead, bool expected)
    {
        foreach (var next in (uint[])[0, 5, uint.MaxValue, 0x8000_0000])
        {
            var previous = new TimeWaitRecord(hadTimestamps, last, new SequenceNumber(next));
            Assert.Equal(
                expected,
                TimeWaitReuse.MayAccept(previous, new TimeWaitSyn(hasTimestamps, timestamp, new SequenceNumber(next) + sequenceAhead)));
        }
    }

    [Theory]
    [InlineData(true, true, 1001, true)]
    [InlineData(true, true, 1000, false)]
    [InlineData(true, false, 5000, false)]
    [InlineData(false, true, 5000, false)]
    public void This_end_connects_anew_only_with_timestamps_and_after_a_second(bool had, bool wants, int milliseconds, bool expected) =>
        Assert.Equal(
            expected,
            TimeWaitReuse.MayConnect(new TimeWaitRecord(had, 1, default), wants, TimeSpan.FromMilliseconds((double)milliseconds)));

    [Fact]
    public void The_new_sequence_numbers_lie_above_all_that_may_be_in_flight()
    {
        var first = TimeWaitReuse.FirstSequence(new SequenceNumber(uint.MaxValue));
        Assert.Equal(65_536u, first.Value);
    }
}
