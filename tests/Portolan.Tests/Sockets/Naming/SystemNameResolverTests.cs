using System.Collections.Concurrent;
using System.Diagnostics;
using Portolan.Model;
using Portolan.Sockets.Naming;

namespace Portolan.Tests.Sockets.Naming;

/// <summary>The budget is for all lookups together, and what came late is there at the next look. No name server is asked.</summary>
public sealed class SystemNameResolverTests
{
    private static readonly InternetAddress[] Addresses =
        [.. Enumerable.Range(1, 40).Select(i => InternetAddress.FromIPv4(0xc0000200 + (uint)i))];

    [Fact]
    public void All_addresses_are_asked_once_and_answered()
    {
        var asked = new ConcurrentBag<InternetAddress>();
        var resolver = new SystemNameResolver(address =>
        {
            asked.Add(address);
            return address.IPv4Bits % 2 == 0 ? $"host-{address}" : null;
        });
        var names = resolver.Resolve(Addresses, TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        Assert.Equal(20, names.Count);
        Assert.Equal("host-192.0.2.2", names[Addresses[1]]);
        resolver.Resolve(Addresses, TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        Assert.Equal(Addresses.Length, asked.Count);
    }

    [Fact]
    public void A_silent_name_server_costs_the_budget_once_and_its_addresses_stay_numbers()
    {
        // Not disposed: where the test fails, lookups still wait on it, and one that throws ends the whole run.
        var release = new ManualResetEventSlim();
        var resolver = new SystemNameResolver(address =>
        {
            if (address != Addresses[0])
            {
                release.Wait();
            }

            return "late";
        });
        // On a busy machine 60 ms may pass before a thread has begun, so what is to be known is known before.
        resolver.Resolve(Addresses[..1], TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        try
        {
            var start = Stopwatch.GetTimestamp();
            var names = resolver.Resolve(Addresses, TimeSpan.FromMilliseconds(60), TestContext.Current.CancellationToken);
            Assert.Equal([Addresses[0]], names.Keys);
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(30), "the lookups were waited for");
        }
        finally
        {
            release.Set();
        }

        Assert.Equal(Addresses.Length, resolver.Resolve(Addresses, TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken).Count);
    }

    [Fact]
    public void Lookups_run_side_by_side()
    {
        // Not disposed, for the same reason.
        var together = new Barrier(8);
        var resolver = new SystemNameResolver(_ => together.SignalAndWait(TimeSpan.FromSeconds(30)) ? "met" : null);
        Assert.Equal(8, resolver.Resolve(Addresses[..8], TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken).Count);
    }
}
