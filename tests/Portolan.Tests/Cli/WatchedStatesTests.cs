using Portolan.Cli.Checking;
using Portolan.Scan.Checking;

namespace Portolan.Tests.Cli;

/// <summary>What <c>check --watch</c> takes for a change.</summary>
public sealed class WatchedStatesTests
{
    private static readonly ConnectStep Connected = new([new ConnectTry(default, default, default, ConnectionOutcome.Connected, "open")])
    {
        Time = default,
        Result = StepResult.Ok,
        Summary = "open",
    };

    [Fact]
    public void A_body_that_breaks_off_is_a_change_and_its_length_is_none()
    {
        var states = new WatchedStates();

        Assert.True(states.HasChanged(0, Web(5, BodyEnding.Complete), out var before));
        Assert.Null(before);
        Assert.False(states.HasChanged(0, Web(6, BodyEnding.Complete), out _));
        Assert.True(states.HasChanged(0, Web(3, BodyEnding.Broken), out before));
        Assert.EndsWith("status 200", before, StringComparison.Ordinal);
        Assert.False(states.HasChanged(0, Web(4, BodyEnding.Broken), out before));
        Assert.EndsWith("status 200, the body cut short", before, StringComparison.Ordinal);
        Assert.True(states.HasChanged(0, Web(5, BodyEnding.Complete), out _));
    }

    [Fact]
    public void A_greeting_that_is_missing_is_a_change()
    {
        var states = new WatchedStates();

        Assert.True(states.HasChanged(0, Mail("220 mail\r\n"u8.ToArray(), StepResult.Ok), out _));
        Assert.True(states.HasChanged(0, Mail([], StepResult.Failed), out _));
        Assert.EndsWith("no greeting", WatchedStates.Describe(Mail([], StepResult.Failed)), StringComparison.Ordinal);
        Assert.EndsWith(
            "not the greeting of its protocol", WatchedStates.Describe(Mail("SSH-2.0"u8.ToArray(), StepResult.Failed)),
            StringComparison.Ordinal);
    }

    private static CheckVerdict Web(long length, BodyEnding ending)
    {
        var target = new CheckTarget("http://192.0.2.1/", CheckScheme.Http, "192.0.2.1", new(80));
        return Of(target, new HttpStep("http://192.0.2.1/", new HttpAnswer(200, "OK", "HTTP/1.1", default, length, ending))
        {
            Time = default,
            Result = StepResult.Ok,
            Summary = "200",
        });
    }

    private static CheckVerdict Mail(byte[] says, StepResult result)
    {
        var target = new CheckTarget("smtp://192.0.2.1", CheckScheme.Tcp, "192.0.2.1", new(25));
        return Of(target, new GreetingStep(says, says.Length == 0 ? GreetingEnding.Silent : GreetingEnding.Complete)
        {
            Time = default,
            Result = result,
            Summary = "greeting",
        });
    }

    private static CheckVerdict Of(CheckTarget target, CheckStep step) =>
        new(new CheckReport(target, default, TimeSpan.Zero, [new CheckHop(target, [Connected, step])]), []);
}
