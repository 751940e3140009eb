using Portolan.Tests.Transport.Tcp.Support;
using Portolan.Transport;
using Portolan.Transport.Tcp;
using Portolan.Transport.Tcp.Congestion;

namespace Portolan.Tests.Transport.Tcp;

/// <summary>
/// Leaving slow start before the queue overflows (HyStart, RFC 9438 section 4.10), and CUBIC where no loss has told W_max yet.
/// </summary>
public sealed class HyStartTests
{
    private const long Millisecond = 1_000_000;

    /// <summary>
    /// One sample for each acknowledgment of two segments, a gap apart, in one round. Returns the number of the one that ended slow start;
    /// 0 for none.
    /// </summary>
    private static int Round(ref HyStart start, ref CongestionState state, int segments, long sample, long gap, int count, long at)
    {
        state.Window = segments * 1000;
        for (var i = 1; i <= count; i++)
        {
            state.NoteRoundTrip(sample);
            if (start.Update(
                state, sample, at + (i * gap), new SequenceNumber((uint)(at / Millisecond)), new SequenceNumber((uint)(at / Millisecond))))
            {
                return i;
            }
        }

        return 0;
    }

    [Theory]
    [InlineData(100, 100, 0)]
    [InlineData(100, 112, 0)]
    [InlineData(100, 113, 9)]
    [InlineData(10, 13, 0)]
    [InlineData(10, 15, 9)]
    [InlineData(400, 415, 0)]
    [InlineData(400, 417, 9)]
    public void Slow_start_ends_with_the_ninth_sample_of_a_round_that_is_slower_by_an_eighth_within_bounds(
        int least, int slower, int expected)
    {
        var (start, state) = (default(HyStart), CongestionState.Start(1000, 20));
        Assert.Equal(0, Round(ref start, ref state, 20, least * Millisecond, 3 * Millisecond, 12, 1000 * Millisecond));
        Assert.Equal(expected, Round(ref start, ref state, 20, slower * Millisecond, 3 * Millisecond, 12, 2000 * Millisecond));
    }

    [Fact]
    public void One_fast_sample_in_a_round_is_enough_to_go_on()
    {
        var (start, state) = (default(HyStart), CongestionState.Start(1000, 20));
        Round(ref start, ref state, 20, 100 * Millisecond, 3 * Millisecond, 12, 1000 * Millisecond);
        for (var i = 0; i < 20; i++)
        {
            var sample = (i == 3 ? 101 : 180) * Millisecond;
            state.NoteRoundTrip(sample);
            Assert.False(start.Update(state, sample, (2000 + (i * 3)) * Millisecond, new SequenceNumber(2000), new SequenceNumber(3000)));
        }
    }

    [Theory]
    [InlineData(1, 100, true)]
    [InlineData(1, 20, false)]
    [InlineData(3, 100, false)]
    public void Slow_start_ends_when_acknowledgments_come_in_one_train_for_half_of_the_round_trip(int gap, int count, bool ends)
    {
        var (start, state) = (default(HyStart), CongestionState.Start(1000, 20));
        Assert.Equal(ends, Round(ref start, ref state, 40, 60 * Millisecond, gap * Millisecond, count, 1000 * Millisecond) != 0);
    }

    [Fact]
    public void Windows_below_sixteen_segments_tell_nothing()
    {
        var (start, state) = (default(HyStart), CongestionState.Start(1000, 20));
        Round(ref start, ref state, 10, 10 * Millisecond, Millisecond, 12, 1000 * Millisecond);
        Assert.Equal(0, Round(ref start, ref state, 15, 90 * Millisecond, Millisecond, 300, 2000 * Millisecond));
        Assert.NotEqual(0, Round(ref start, ref state, 16, 90 * Millisecond, Millisecond, 300, 3000 * Millisecond));
    }

    [Fact]
    public void It_speaks_once_until_a_timeout()
    {
        var cubic = new Cubic(usesHyStart: true);
        var state = CongestionState.Start(1000, 20);
        Feed(ref state, 10, 1000);
        Feed(ref state, 50, 2000);
        Assert.Equal(state.Window, state.Threshold);
        state.Threshold = CongestionState.MaxWindow;
        Feed(ref state, 90, 3000);
        Assert.Equal(CongestionState.MaxWindow, state.Threshold);
        cubic.OnTimeout(ref state);
        Feed(ref state, 10, 4000);
        Feed(ref state, 50, 5000);
        Assert.Equal(state.Window, state.Threshold);

        void Feed(ref CongestionState state, int sample, int at)
        {
            for (var i = 0; i < 12; i++)
            {
                cubic.OnRoundTrip(
                    ref state, sample * Millisecond, (at + (i * 3)) * Millisecond, new SequenceNumber((uint)at),
                    new SequenceNumber((uint)at));
            }
        }
    }

    [Fact]
    public void A_connection_leaves_slow_start_when_the_round_trip_grows_if_its_profile_says_so()
    {
        foreach (var (profile, ends) in (ReadOnlySpan<(TcpProfile, bool)>)[
            (TcpProfile.Linux, true), (TcpProfile.Linux with { UsesHyStart = false }, false)])
        {
            var peer = ScriptedPeer.Connected(profile, mss: 1000);
            peer.Write(60_000);
            Assert.Equal(10, peer.Drain().Length);
            peer.Advance(50);
            peer.Ack(10_001);
            Assert.Equal(20, peer.Drain().Length);
            peer.Advance(80);
            for (var end = 12_001u; end <= 28_001; end += 2000)
            {
                Assert.Equal(1L << 30, peer.Core.Info().SlowStartThreshold);
                peer.Ack(end);
                peer.Advance(1);
            }

            Assert.Equal(ends ? 36_000 : 1L << 30, peer.Core.Info().SlowStartThreshold);
        }
    }

    [Fact]
    public void Until_a_loss_tells_W_max_the_window_grows_by_a_twentieth_in_a_round_trip()
    {
        Assert.Equal(42_000, AfterOneWindow(isLossKnown: false));

        // With alpha of 0.53 and the cubic function still flat: RFC 9438 section 4.3.
        Assert.InRange(AfterOneWindow(isLossKnown: true), 40_000, 41_100);

        static long AfterOneWindow(bool isLossKnown)
        {
            var cubic = new Cubic();
            var state = CongestionState.Start(1000, 10);
            state.Window = 40_000;
            if (isLossKnown)
            {
                cubic.OnCongestion(ref state, 40_000);
            }

            state.Threshold = state.Window;
            for (var i = 0; i < 40; i++)
            {
                cubic.OnAcknowledged(ref state, 1000, 1_000_000_000 + i, 10 * Millisecond);
            }

            return state.Window;
        }
    }

    [Fact]
    public void After_a_timeout_W_max_is_the_window_with_which_congestion_avoidance_begins_RFC_9438_section_4_8()
    {
        var cubic = new Cubic();
        var state = CongestionState.Start(1000, 10);
        state.Window = 1_000_000;
        cubic.OnCongestion(ref state, 1_000_000);
        cubic.OnTimeout(ref state);
        state.Window = state.Threshold = 20_000;
        cubic.OnAcknowledged(ref state, 1000, 1_000_000_000, 10 * Millisecond);
        Assert.Equal((0.0, 20.0), (state.Memory!.K, state.Memory.WMax));
    }
}
