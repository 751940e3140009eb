using System.Globalization;
using System.Text.Json;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Routing;

namespace Portolan.Kernel.Tests.Links;

/// <summary>Routes against <c>ip -j route get</c>.</summary>
public sealed class RouteKernelTests
{
    [Fact]
    public void Routes_are_those_that_ip_names()
    {
        using var pair = LabPair.Create();
        pair.Scanner.Ip("route add 203.0.113.0/24 via 198.18.0.2");
        pair.Scanner.Ip("route add 203.0.113.128/25 via 198.18.0.3 mtu 1280");
        pair.Scanner.Ip("-6 route add 2001:db8:1::/48 via 2001:db8::2");
        pair.Scanner.Run(() =>
        {
            using var network = new KernelNetwork(TimeProvider.System);
            string[] destinations =
            [
                "198.18.0.2", "198.18.0.77", "198.18.0.1", "198.18.0.255", "203.0.113.5", "203.0.113.200", "127.0.0.1", "127.9.9.9", "192.0.2.1",
                "2001:db8::2", "2001:db8::1", "2001:db8:1::9", "::1", "2001:db8:2::1",
            ];
            foreach (var destination in destinations)
            {
                AssertSame(network, destination);
            }
        });
    }

    private static void AssertSame(KernelNetwork network, string destination)
    {
        var answer = network.FindRoute(TestPackets.Address(destination));
        var expected = AskIp(destination);
        if (expected is not { } theirs)
        {
            Assert.Null(answer.Route);
            Assert.Contains(destination, answer.Problem, StringComparison.Ordinal);
            Assert.NotNull(answer.Hint);
            return;
        }

        Assert.True(answer.Route is not null, $"{destination}: {answer.Problem}");
        var route = answer.Route;
        var said = string.Create(CultureInfo.InvariantCulture, $"{destination} dev {route.InterfaceName} src {route.Source} via {route.Gateway} local {route.IsLocal}");
        Assert.Equal($"{destination} {theirs}", said);
    }

    // What ip says, in the words of the test; null when it fails.
    private static string? AskIp(string destination)
    {
        using var process = Tool.Start("ip", "-j", "route", "get", destination);
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            return null;
        }

        using var document = JsonDocument.Parse(output);
        var route = document.RootElement[0];
        string? Text(string name) => route.TryGetProperty(name, out var value) ? value.GetString() : null;
        return $"dev {Text("dev")} src {Text("prefsrc")} via {Text("gateway")} local {Text("type") == "local"}";
    }
}
