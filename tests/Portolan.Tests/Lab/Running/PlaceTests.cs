using System.Text;
using Portolan.Lab.Testing;
using Portolan.Lab.Topology;
using Portolan.Packets;
using Portolan.Transport.Links;

namespace Portolan.Tests.Lab.Running;

/// <summary>A kernel at the place of a host of a range: the host has a stack of its own from then on, and is the same host.</summary>
public sealed class PlaceTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_host_of_a_range_keeps_what_the_range_has_in_common(bool wasAsked)
    {
        await using var lab = TestLab.FromYaml(
            """
            name: farm
            networks: { net: 198.18.0.0/24 }
            hosts: { store: { addresses: 198.18.0.10-198.18.0.12, ports: [redis] }, pc: 198.18.0.20 }
            """,
            new TestLabOptions { IsRealTime = true });
        if (wasAsked)
        {
            Assert.Equal("+OK\r\n", await AskAsync(lab, "198.18.0.11", "SET colour blue"));
        }

        var choice = new PlaceChoice("store", "store-2");
        using var wire = new MemoryWire(new MacAddress(0x0200_0000_0001), new MacAddress(0x0200_0000_0002));
        lab.Network.Attach(choice, lab.Network.PlaceOf(choice)!, wire.Left);

        Assert.Equal(wasAsked ? "$4\r\nblue\r\n" : "$-1\r\n", await AskAsync(lab, "198.18.0.11", "GET colour"));
        Assert.Equal("+OK\r\n", await AskAsync(lab, "198.18.0.11", "SET colour red"));
        Assert.Equal("$3\r\nred\r\n", await AskAsync(lab, "198.18.0.12", "GET colour"));
    }

    private static async Task<string> AskAsync(TestLab lab, string address, string question)
    {
        await using var stream = await lab["pc"].ConnectTcpAsync(address, 6379, TestContext.Current.CancellationToken);
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"{question}\r\n"), TestContext.Current.CancellationToken);
        stream.ShutdownWrite();
        using var answer = new MemoryStream();
        await stream.CopyToAsync(answer, TestContext.Current.CancellationToken);
        return Encoding.ASCII.GetString(answer.ToArray());
    }
}
