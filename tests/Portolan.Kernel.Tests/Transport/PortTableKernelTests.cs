using System.Globalization;
using Portolan.Kernel.Tests.Support;
using Portolan.Model;

namespace Portolan.Kernel.Tests.Transport;

/// <summary>
/// Sequences of binds, listens and closes, with any options, addresses, families and interfaces: what the table says is what the kernel
/// says.
/// </summary>
[Collection(Alone.Name)]
public sealed class PortTableKernelTests
{
    private const int Sequences = 300;
    private const int Steps = 40;

    [Theory]
    [InlineData(TransportProtocol.Tcp)]
    [InlineData(TransportProtocol.Udp)]
    public void The_table_says_what_the_kernel_says(TransportProtocol protocol)
    {
        Tool.Find("ip");
        Netns.Run(() =>
        {
            var other = AddInterface();
            File.WriteAllText("/proc/sys/net/ipv4/ip_local_port_range", "40000 40003");
            var (agreed, refused, explained) = (0, 0, 0);
            for (var seed = 0; seed < Sequences; seed++)
            {
                var sequence = new PortSequence(new Random(seed), protocol, other);
                var fault = sequence.Run(Steps);
                Assert.True(fault is null, $"seed {seed}: {fault}");
                agreed += sequence.Agreed;
                refused += sequence.Refused;
                explained += sequence.IsExplained ? 1 : 0;
            }

            TestContext.Current.TestOutputHelper?.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{protocol}: {agreed} answers alike, {refused} of them refusals; {explained} sequences ended "
                        + $"by the kernel's shortcut"));

            // Both answers must be common, or the sequences prove nothing.
            Assert.InRange(refused, agreed / 10, agreed * 9 / 10);
            Assert.InRange(explained, 0, protocol == TransportProtocol.Tcp ? Sequences / 5 : 0);
        });
    }

    /// <summary>An interface besides loopback, with an address of each family. Returns its number.</summary>
    private static int AddInterface()
    {
        Tool.Lines("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "eth1");
        Tool.Lines("ip", "address", "add", "198.18.0.1/24", "dev", "eth0");
        Tool.Lines("ip", "address", "add", "2001:db8::1/64", "dev", "eth0", "nodad");
        Tool.Lines("ip", "link", "set", "eth0", "up");
        Tool.Lines("ip", "link", "set", "eth1", "up");
        return int.Parse(Tool.Lines("ip", "-o", "link", "show", "eth0")[0].Split(':')[0], CultureInfo.InvariantCulture);
    }
}
