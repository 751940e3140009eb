using Portolan.Model;
using Portolan.Model.Invocation;
using Portolan.Tests.Support;

namespace Portolan.Tests.Cli;

/// <summary>What <c>portolan watch</c> passes to the server.</summary>
public sealed class WatchCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("", "")]
    [InlineData("--every 10s --json", "--every=10000 --json")]
    [InlineData("--for 8h --debug", "--for=28800000 --debug")]
    public void The_server_gets_one_form_whatever_was_typed(string typed, string passed)
    {
        ServerInvocation? got = null;
        var console = new TestConsole { BecomeServer = invocation => { got = invocation; return ExitCode.Success; } };
        var store = _folder["h.db"];

        var words = typed.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal((0, ""), (console.Run(["watch", "--store", store, .. words]), console.Error));

        Assert.Equal(["watch", $"--store={store}", .. passed.Split(' ', StringSplitOptions.RemoveEmptyEntries)], got!.ToWords());
        Assert.Equal(got, ServerInvocation.Parse(got.ToWords()));
    }

    [Theory]
    [InlineData("--every", "10ms")]
    [InlineData("--every", "2 weeks")]
    [InlineData("--for", "0")]
    public void A_time_that_makes_no_sense_is_refused_before_the_server_is_called(string option, string time)
    {
        var console = new TestConsole { BecomeServer = _ => throw new InvalidOperationException("it was called") };

        Assert.Equal((int)ExitCode.Usage, console.Run("watch", "--store", _folder["h.db"], option, time));

        Assert.Contains(option, console.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("watch")]
    [InlineData("watch --store= --every=1000")]
    [InlineData("watch --store=h.db --every=soon")]
    [InlineData("watch --store=h.db --every=1000 --for=-1")]
    [InlineData("watch --store=h.db --every=1000 word")]
    public void The_server_takes_no_other_words(string words) =>
        Assert.Throws<PortolanException>(() => ServerInvocation.Parse(words.Split(' ')));
}
