using System.Net;
using System.Net.Sockets;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux;
using Portolan.Model;
using Portolan.Sockets.Binding;

namespace Portolan.Kernel.Tests.Binding;

[Collection(Alone.Name)]
public sealed class FreePortsKernelTests
{
    [Fact]
    public void Free_ports_can_be_bound_and_every_other_one_is_taken() => Netns.Run(() =>
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        using var machine = new Machine();
        var keep = new List<Socket>();
        var range = new PortRange(new PortNumber(20000), new PortNumber(20099));
        try
        {
            for (var i = 0; i < 60; i++)
            {
                Take(random, keep);
            }

            File.WriteAllText("/proc/sys/net/ipv4/ip_local_reserved_ports", "20090-20099");
            var search = new FreePortSearch(range, range.Count, null, Machine.Both, SkipAssigned: false);
            var snapshot = machine.Survey.ForFreePorts(Machine.Both, TestContext.Current.CancellationToken);
            var used = FreePorts.Used(snapshot, Machine.Both);
            var free = FreePorts.Find(
                search, used, KernelSettings.Read(), new KernelBindReferee(), PortsInUse.Of(snapshot, PortRange.All), _ => false)
                .Select(p => (int)p).ToHashSet();

            for (int port = range.First; port <= range.Last; port++)
            {
                var isTaken = port >= 20090 || keep.Exists(s => ((IPEndPoint)s.LocalEndPoint!).Port == port);
                Assert.True(free.Contains(port) != isTaken || IsInTimeWait(used, port), $"port {port} (seed {seed})");
            }

            foreach (var port in free)
            {
                using var tcp = Machine.Listen($"[::]:{port}");
                using var udp = Machine.Datagram($"0.0.0.0:{port}");
            }
        }
        finally
        {
            keep.ForEach(s => s.Dispose());
        }
    });

    [Fact]
    public void Without_the_capability_no_privileged_port_is_free() => Netns.Run(() =>
    {
        ThreadPrivileges.Drop();
        var search =
            new FreePortSearch(new PortRange(new PortNumber(1000), new PortNumber(1030)), 1, null, Machine.Both, SkipAssigned: false);

        Assert.Equal(
            [1024],
            FreePorts.Find(search, new PortSet(), KernelSettings.Read(), new KernelBindReferee(), PortsInUse.Unknown, _ => false).Select(
                p => (int)p));
    });

    private static bool IsInTimeWait(PortSet used, int port) => used.Contains(new PortNumber((ushort)port));

    private static void Take(Random random, List<Socket> keep)
    {
        var port = 20000 + random.Next(90);
        string[] addresses = [
            $"0.0.0.0:{port}", $"127.0.0.1:{port}", $"127.0.0.{random.Next(2, 250)}:{port}", $"[::]:{port}", $"[::1]:{port}"];
        var address = addresses[random.Next(addresses.Length)];
        try
        {
            switch (random.Next(4))
            {
                case 0:
                    keep.Add(Machine.Listen(address));
                    break;
                case 1:
                    keep.Add(Machine.Listen(address, v6Only: true, backlog: 0));
                    break;
                case 2:
                    keep.Add(Machine.Datagram(address));
                    break;
                default:
                    using (var listener = Machine.Listen($"127.0.0.1:{port}"))
                    {
                        Machine.LeaveTimeWait(listener);
                    }

                    break;
            }
        }
        catch (SocketException)
        {
            // Two of the test's own sockets wanted the same.
        }
    }
}
