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
    [InlineData("--config watch.yaml --every 1m", "--every=60000 --config=watch.yaml")]
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
    [InlineData("check w.yaml", "watch-file --file=w.yaml")]
    [InlineData("test w.yaml admins --debug", "watch-file --file=w.yaml --receiver=admins --debug")]
    public void A_file_of_receivers_is_checked_and_tested_by_the_server(string typed, string passed)
    {
        ServerInvocation? got = null;
        var console = new TestConsole { BecomeServer = invocation => { got = invocation; return ExitCode.Success; } };

        Assert.Equal((0, ""), (console.Run(["watch", .. typed.Split(' ')]), console.Error));

        Assert.Equal(passed.Split(' '), got!.ToWords());
        Assert.Equal(got, ServerInvocation.Parse(got.ToWords()));
        Assert.Equal("watch", got.Topic);
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
    [InlineData("watch --store=h.db --config=")]
    [InlineData("watch-file w.yaml")]
    [InlineData("watch-file --file=w.yaml word")]
    [InlineData("watch --store=h.db --every=1000 --for=-1")]
    [InlineData("watch --store=h.db --every=1000 word")]
    public void The_server_takes_no_other_words(string words) =>
        Assert.Throws<PortolanException>(() => ServerInvocation.Parse(words.Split(' ')));
}
