using Portolan.Cli.Forwarding;
using Portolan.Forwarding.Engine;
using Portolan.Forwarding.Grammar;
using Portolan.Forwarding.Model;
using Portolan.Model;
using Portolan.Scan.Names;
using Portolan.Tests.Support;

namespace Portolan.Tests.Forwarding;

/// <summary>Names of targets that lead elsewhere after a time, by a clock of the test's own.</summary>
public sealed class ForwardNamesTests
{
    private readonly Hosts _hosts = new();
    private readonly VirtualTime _clock = new();
    private int _opened;

    [Fact]
    public void Names_are_looked_up_again_each_thirty_seconds_from_files_that_are_read_anew()
    {
        var (names, engine) = Begin();
        Assert.Equal(["192.0.2.1:80"], AddressesIn(engine));
        _hosts.Known["web.example"] = ["192.0.2.2", "192.0.2.3"];
        _clock.AdvanceTo(_clock.Now + VirtualTime.Milliseconds(TimeSpan.FromSeconds(29).TotalMilliseconds));
        names.Refresh(engine, CancellationToken.None);
        Assert.Equal((1, 1), (_opened, _hosts.Asked));
        _clock.AdvanceTo(_clock.Now + VirtualTime.Milliseconds(TimeSpan.FromSeconds(1).TotalMilliseconds));
        Refresh(names, engine, () => AddressesIn(engine) is ["192.0.2.2:80", "192.0.2.3:80"]);
        Assert.Equal((2, 2), (_opened, _hosts.Asked));
    }

    [Fact]
    public void A_name_that_is_not_found_any_more_keeps_its_addresses()
    {
        var (names, engine) = Begin();
        _hosts.Known.Clear();
        _clock.AdvanceTo(_clock.Now + VirtualTime.Milliseconds(ForwardNames.Interval.TotalMilliseconds));
        Refresh(names, engine, () => _hosts.Asked == 2);
        names.Refresh(engine, CancellationToken.None);
        Assert.Equal(["192.0.2.1:80"], AddressesIn(engine));
        var again =
            new ForwardNames(engine.Forwards, new TestConsole { Clock = _clock }.Context(), before: names, openLookup: () => _hosts);
        again.FindAll(CancellationToken.None);
        Assert.Equal("192.0.2.1", Assert.Single(again.Of(engine.Forwards[0].Targets[0])).ToString());
    }

    [Fact]
    public void A_name_that_was_never_found_is_an_error_that_says_how_to_look()
    {
        var specs = ForwardWords.ReadPair("8080", "nothing.example:80", new ForwardOptions());
        var error = Assert.Throws<PortolanException>(
            () => new ForwardNames(specs, new TestConsole { Clock = _clock }.Context(), openLookup: () => _hosts).FindAll(
                CancellationToken.None));
        Assert.Contains("portolan check nothing.example:80", error.Hint?.ToString(), StringComparison.Ordinal);
    }

    private (ForwardNames Names, RelayEngine Engine) Begin()
    {
        _hosts.Known["web.example"] = ["192.0.2.1"];
        var specs = ForwardWords.ReadPair("8080", "web.example:80", new ForwardOptions());
        var names = new ForwardNames(specs, new TestConsole { Clock = _clock }.Context(), openLookup: () =>
        {
            _opened++;
            return _hosts;
        });
        names.FindAll(CancellationToken.None);
        // An engine that never listens: where its targets are is all that is asked.
        var engine = new RelayEngine(specs, 1, new ForwardNews(wantsConnections: false, _clock), _clock);
        names.Apply(engine);
        return (names, engine);
    }

    private static string[] AddressesIn(RelayEngine engine) => [.. engine.Running[0].Targets.All[0].Addresses.Select(a => a.Text)];

    private static void Refresh(ForwardNames names, RelayEngine engine, Func<bool> isDone) => Assert.True(
        SpinWait.SpinUntil(
            () =>
            {
                names.Refresh(engine, CancellationToken.None);
                return isDone();
            },
            TimeSpan.FromMinutes(1)),
        "the names were never looked up again");

    private sealed class Hosts : INameLookup
    {
        private int _asked;

        public Dictionary<string, string[]> Known { get; } = new(StringComparer.Ordinal);

        public int Asked => Volatile.Read(ref _asked);

        public Task<NameAnswer> LookUpAsync(string name, AddressFamilies families, CancellationToken cancellation)
        {
            Interlocked.Increment(ref _asked);
            return Task.FromResult(Known.TryGetValue(name, out var texts)
                ? new NameAnswer(name, [.. texts.Select(t => InternetAddress.TryParse(t, out var address) ? address : default)], null)
                : new NameAnswer(name, [], "no such name"));
        }
    }
}
