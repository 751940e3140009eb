using Portolan.Model;
using Portolan.Scan.Checking;

namespace Portolan.Tests.Scan.Checking;

/// <summary>The race of RFC 8305 in virtual time.</summary>
public sealed class ConnectionRaceTests
{
    private static readonly InternetAddress Six = Parse("2001:db8::1");
    private static readonly InternetAddress Four = Parse("192.0.2.1");

    [Fact]
    public void A_quick_first_address_leaves_the_others_alone()
    {
        var tries = Run((Six, ConnectionOutcome.Connected, 200), (Four, ConnectionOutcome.Connected, 1));
        Assert.Equal([(Six, ConnectionOutcome.Connected, 0.0, 200.0)], tries);
    }

    [Fact]
    public void A_silent_first_address_has_a_head_start_of_250_ms()
    {
        var tries = Run((Six, ConnectionOutcome.TimedOut, 60_000), (Four, ConnectionOutcome.Connected, 10));
        Assert.Equal([(Six, ConnectionOutcome.Abandoned, 0.0, 260.0), (Four, ConnectionOutcome.Connected, 250.0, 10.0)], tries);
    }

    [Fact]
    public void A_refusal_starts_the_next_at_once()
    {
        var tries = Run((Six, ConnectionOutcome.Refused, 5), (Four, ConnectionOutcome.Connected, 10));
        Assert.Equal([(Six, ConnectionOutcome.Refused, 0.0, 5.0), (Four, ConnectionOutcome.Connected, 5.0, 10.0)], tries);
    }

    [Fact]
    public void The_first_wins_when_it_is_only_slow()
    {
        var tries = Run((Six, ConnectionOutcome.Connected, 300), (Four, ConnectionOutcome.Connected, 100));
        Assert.Equal([(Six, ConnectionOutcome.Connected, 0.0, 300.0), (Four, ConnectionOutcome.Abandoned, 250.0, 50.0)], tries);
    }

    [Fact]
    public void Where_all_are_silent_each_has_its_full_time()
    {
        var tries = Run((Six, ConnectionOutcome.TimedOut, 60_000), (Four, ConnectionOutcome.TimedOut, 60_000));
        Assert.Equal([(Six, ConnectionOutcome.TimedOut, 0.0, 5000.0), (Four, ConnectionOutcome.TimedOut, 250.0, 5000.0)], tries);
    }

    [Fact]
    public void Addresses_take_turns_IPv6_first_and_those_without_a_route_last()
    {
        InternetAddress[] addresses = [Four, Parse("192.0.2.2"), Parse("192.0.2.3"), Six, Parse("2001:db8::2")];
        Assert.Equal(
            ["2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2", "192.0.2.3"],
            AddressOrder.Order(addresses, new CheckOptions(), _ => true).Select(a => a.ToString()));
        Assert.Equal(
            ["192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1", "2001:db8::2"],
            AddressOrder.Order(addresses, new CheckOptions(), a => a.IsIPv4).Select(a => a.ToString()));
        Assert.Equal(
            ["2001:db8::1", "2001:db8::2"],
            AddressOrder.Order(addresses, new CheckOptions { UseIPv4 = false }, _ => true).Select(a => a.ToString()));
    }

    private static InternetAddress Parse(string text) =>
        InternetAddress.TryParse(text, out var address) ? address : throw new FormatException(text);

    private static List<(InternetAddress, ConnectionOutcome, double At, double Elapsed)> Run(
        params (InternetAddress Address, ConnectionOutcome Outcome, int Milliseconds)[] hosts)
    {
        var time = new TestTime();
        var race = new ConnectionRace(new Sockets(time, hosts), new CheckOptions(), new StepClock(time));
        var (tries, stream) =
            time.Run(() => race.RunAsync([.. hosts.Select(h => h.Address)], scope: null, new PortNumber(80), CancellationToken.None));
        Assert.Equal(tries.Any(t => t.Outcome == ConnectionOutcome.Connected), stream is not null);
        return [.. tries.Select(t => (t.Address, t.Outcome, t.At.TotalMilliseconds, t.Elapsed.TotalMilliseconds))];
    }

    private sealed class Sockets(TestTime time, (InternetAddress Address, ConnectionOutcome Outcome, int Milliseconds)[] hosts)
        : ICheckSockets
    {
        public async Task<ConnectionAttempt> ConnectAsync(RemoteSocket remote, CancellationToken giveUp)
        {
            var host = Array.Find(hosts, h => h.Address == remote.Address);
            try
            {
                await Task.Delay(TimeSpan.FromMilliseconds(host.Milliseconds), time, giveUp);
                return new ConnectionAttempt(host.Outcome, host.Outcome == ConnectionOutcome.Connected ? Stream.Null : null);
            }
            catch (OperationCanceledException)
            {
                return new ConnectionAttempt(ConnectionOutcome.TimedOut, Stream: null);
            }
        }

        public Task<DatagramResult> ExchangeAsync(
            RemoteSocket remote, IReadOnlyList<ReadOnlyMemory<byte>> datagrams, TimeSpan interval, Func<ReadOnlyMemory<byte>, bool> accepts,
            CancellationToken giveUp) =>
            throw new InvalidOperationException("a race sends no datagrams");
    }
}
