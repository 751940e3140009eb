using Portolan.Scan.Pacing;

namespace Portolan.Tests.Scan.Pacing;

public sealed class LeaveTimeTests
{
    private const long Millisecond = 1_000_000;
    private const long Longest = 1050 * Millisecond;

    [Theory]
    [InlineData(1000)]
    [InlineData(500)]
    [InlineData(40)]
    public void Soon_hardly_any_time_is_lost_and_few_questions_are_asked(int milliseconds)
    {
        var leave = new LeaveTime(Longest);
        for (var refusal = 0; refusal < 12; refusal++)
        {
            Ask(leave, milliseconds * Millisecond);
        }

        long lost = 0, questions = 0;
        for (var refusal = 0; refusal < 20; refusal++)
        {
            var (answered, asked) = Ask(leave, milliseconds * Millisecond);
            lost += answered - (milliseconds * Millisecond);
            questions += asked;
        }

        Assert.InRange(lost / 20, 0, 10 * Millisecond);
        Assert.InRange(questions / 20.0, 1, 5);
    }

    [Fact]
    public void Six_that_were_saved_up_do_not_shorten_what_is_sure()
    {
        var leave = new LeaveTime(Longest);
        for (var refusal = 0; refusal < 6; refusal++)
        {
            leave.Add(null, 20 * Millisecond);
        }

        Assert.False(leave.IsKnown);
        Assert.Equal(Longest, leave.Sure);
        Ask(leave, 1000 * Millisecond);
        Ask(leave, 1000 * Millisecond);
        Assert.True(leave.IsKnown);
        Assert.Equal(Longest, leave.Sure);
    }

    [Fact]
    public void A_host_that_refuses_often_is_soon_sure_to_and_one_that_no_longer_does_is_learned_anew()
    {
        var leave = new LeaveTime(Longest);
        for (var refusal = 0; refusal < 8; refusal++)
        {
            Ask(leave, 5 * Millisecond);
        }

        Assert.InRange(leave.Sure, 5 * Millisecond, 100 * Millisecond);
        leave.Forget();
        Assert.Equal((Longest, 0), (leave.Sure, leave.Soonest));
        Assert.False(leave.IsKnown);
    }

    // Asks from the soonest on until the time has come; when that was, and how often.
    private static (long Answered, int Questions) Ask(LeaveTime leave, long time)
    {
        long? notYet = null;
        var (at, questions) = (leave.Soonest, 1);
        for (; at < time; at += leave.Step, questions++)
        {
            notYet = at;
        }

        leave.Add(notYet, at);
        return (at, questions);
    }
}
