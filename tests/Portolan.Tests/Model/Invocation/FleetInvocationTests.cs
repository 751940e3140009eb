using Portolan.Model;
using Portolan.Model.Invocation;

namespace Portolan.Tests.Model.Invocation;

/// <summary>What one program writes on the other's command line is what that one reads.</summary>
public sealed class FleetInvocationTests
{
    [Fact]
    public void Every_option_comes_back()
    {
        var invocation = new FleetInvocation(FleetAction.Start)
        {
            Config = "a b.yaml",
            Job = 7,
            Name = "lan-1",
            Expires = TimeSpan.FromMinutes(90),
            Older = TimeSpan.FromDays(90),
            TokenFile = "-",
            Targets = ["198.18.0.0/24", "--odd=word"],
            Excludes = ["198.18.0.7"],
            Tcp = "22,80",
            Udp = "53",
            Zones = ["lan", "dmz"],
            Rate = 0.5,
            PrefixRate = 1e4,
            ChunkProbes = 97,
            MaxRetries = 0,
            Seed = ulong.MaxValue,
            SkipsDiscovery = true,
            AllStates = true,
            Undo = true,
            Metrics = "[::1]:9100",
            LogsJson = true,
            Json = true,
            Debug = true,
        };
        var read = Assert.IsType<FleetInvocation>(ServerInvocation.Parse(invocation.ToWords()));
        Assert.Equal(invocation.ToWords(), read.ToWords());
        Assert.Equal(invocation.Targets, read.Targets);
        Assert.Equal((invocation.Seed, invocation.Rate), (read.Seed, read.Rate));
    }

    [Fact]
    public void Every_option_of_a_check_comes_back()
    {
        var invocation = new FleetCheckInvocation
        {
            Config = "a b.yaml",
            Zones = ["lan", "dmz"],
            Targets =
            [
                new VantageTarget("https://example.com/?a=b", ["lan:open", ":status=200,404"]), new VantageTarget("--odd=word", []),
                new VantageTarget("db:5432", ["dmz:closed"]),
            ],
            Timeout = TimeSpan.FromMilliseconds(250),
            Family = 6,
            MostRedirects = 0,
            MaxBody = 1 << 20,
            ServerName = "www.example",
            JUnit = "a b.xml",
            AcceptsUntrusted = true,
            DoesNotIdentify = true,
            Json = true,
            Debug = true,
        };
        var read = Assert.IsType<FleetCheckInvocation>(ServerInvocation.Parse(invocation.ToWords()));
        Assert.Equal(invocation.ToWords(), read.ToWords());
        Assert.Equal(
            invocation.Targets.Select(static t => (t.Target, string.Join(' ', t.Expectations))),
            read.Targets.Select(static t => (t.Target, string.Join(' ', t.Expectations))));
    }

    [Theory]
    [InlineData("fleet-check")]
    [InlineData("fleet-check --zone=lan")]
    [InlineData("fleet-check --zone=lan --expect=:open")]
    [InlineData("fleet-check --zone=lan --target=a:1 --speed=9")]
    [InlineData("fleet")]
    [InlineData("fleet dance")]
    [InlineData("fleet jobs --job=x")]
    [InlineData("fleet jobs --speed=9")]
    [InlineData("fleet start --target=")]
    public void Other_words_are_refused(string words)
    {
        var error = Assert.Throws<PortolanException>(() => ServerInvocation.Parse(words.Split(' ')));
        Assert.Equal((ExitCode.Usage, true), (error.ExitCode, error.Hint is not null));
    }

    [Theory]
    [InlineData(FleetAction.Agent, "agent")]
    [InlineData(FleetAction.Join, "agent")]
    [InlineData(FleetAction.Serve, "fleet")]
    public void Its_topic_is_the_command_that_people_type(FleetAction action, string topic) =>
        Assert.Equal(topic, new FleetInvocation(action).Topic);
}
