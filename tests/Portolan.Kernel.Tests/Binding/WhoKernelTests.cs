using System.Net;
using System.Net.Sockets;
using Portolan.Kernel.Tests.Support;
using Portolan.Model;
using Portolan.Sockets.Binding;

namespace Portolan.Kernel.Tests.Binding;

[Collection(Alone.Name)]
public sealed class WhoKernelTests
{
    [Fact]
    public void A_listener_is_held_by_this_process_with_its_ancestors() => Netns.Run(() =>
    {
        using var machine = new Machine();
        using var listener = Machine.Listen("127.0.0.1:7100");

        var report = machine.Who(7100);

        var holder = Assert.Single(report.Holders);
        Assert.Equal(
            (TransportProtocol.Tcp, HoldKind.Listening, Environment.ProcessId), (holder.Protocol, holder.Kind, holder.Owner.Main!.Pid));
        Assert.True(holder.Ancestry.Count > 1);
        Assert.Equal(holder.Owner.Main.ParentPid, holder.Ancestry[1].Pid);
        Assert.Equal(Environment.CurrentDirectory, holder.Owner.Main.WorkingDirectory);
        Assert.Equal(BindReasonCodes.Specific, Assert.Single(report.Outlooks).Reasons[0].Code);
        Assert.Equal(7101, (int?)report.NearestFree);
    });

    [Fact]
    public void Time_wait_keeps_a_port_that_nobody_holds() => Netns.Run(() =>
    {
        using var machine = new Machine();
        using (var listener = Machine.Listen("127.0.0.1:7101"))
        {
            Machine.LeaveTimeWait(listener);
        }

        var report = machine.Who(7101, TransportProtocol.Tcp);

        Assert.False(report.IsHeld);
        var outlook = Assert.Single(report.Outlooks);
        Assert.False(outlook.IsFree);
        var reason = Assert.Single(outlook.Reasons);
        Assert.Equal(BindReasonCodes.TimeWait, reason.Code);
        Assert.StartsWith("1 past connection keeps it in TIME-WAIT for 60 s more", reason.Text, StringComparison.Ordinal);

        // .NET sets SO_REUSEADDR on every TCP socket it binds, so the socket of the past had it.
        Assert.All(outlook.Trials, t => Assert.Equal((BindTrial.InUse, 0), (t.Errno, t.ErrnoWithReuse)));
        Assert.EndsWith("a bind fails unless it sets SO_REUSEADDR", reason.Text, StringComparison.Ordinal);
    });

    [Fact]
    public void A_socket_that_is_bound_and_idle_holds_its_port() => Netns.Run(() =>
    {
        using var machine = new Machine();
        using var bound = Machine.Listen("127.0.0.1:7102", backlog: 0);

        var holder = Assert.Single(machine.Who(7102).Holders);

        Assert.Equal((HoldKind.Bound, Environment.ProcessId), (holder.Kind, holder.Owner.Main!.Pid));
    });

    [Fact]
    public void The_local_port_of_an_outgoing_connection_is_held() => Netns.Run(() =>
    {
        using var machine = new Machine();
        using var listener = Machine.Listen("127.0.0.1:7103");
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect("127.0.0.1", 7103);
        var port = (ushort)((IPEndPoint)client.LocalEndPoint!).Port;

        var report = machine.Who(port, TransportProtocol.Tcp);

        var holder = Assert.Single(report.Holders);
        Assert.Equal((HoldKind.Connected, Environment.ProcessId), (holder.Kind, holder.Owner.Main!.Pid));
        Assert.Equal(7103, (int)holder.Example!.Value.RemotePort);
        Assert.Equal([BindReasonCodes.Connection, BindReasonCodes.Ephemeral], report.Outlooks[0].Reasons.Select(r => r.Code));
    });

    [Fact]
    public void A_privileged_port_is_refused_without_the_capability() => Netns.Run(() =>
    {
        ThreadPrivileges.Drop();
        using var machine = new Machine();

        var outlook = Assert.Single(machine.Who(80, TransportProtocol.Tcp).Outlooks);

        Assert.All(outlook.Trials, t => Assert.Equal(BindTrial.AccessDenied, t.Errno));
        Assert.Equal(BindReasonCodes.Privileged, Assert.Single(outlook.Reasons).Code);
    });

    [Fact]
    public void A_reserved_port_can_be_bound_and_is_said_to_be_reserved() => Netns.Run(() =>
    {
        File.WriteAllText("/proc/sys/net/ipv4/ip_local_reserved_ports", "7105");
        using var machine = new Machine();

        var outlook = Assert.Single(machine.Who(7105, TransportProtocol.Tcp).Outlooks);

        Assert.True(outlook.IsFree);
        Assert.Equal((BindReasonCodes.Reserved, false), (outlook.Reasons[0].Code, outlook.Reasons[0].IsObstacle));
    });

    [Fact]
    public void Connections_that_outlived_their_program_are_named() => Netns.Run(() =>
    {
        using var machine = new Machine();
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using (var listener = Machine.Listen("127.0.0.1:7106"))
        {
            client.Connect("127.0.0.1", 7106);
            listener.Accept().Dispose();
        }

        // The server has closed, the client has not: FIN-WAIT-2 without a process, or FIN-WAIT-1 until the client has acknowledged.
        var report = machine.Who(7106, TransportProtocol.Tcp);

        Assert.False(report.IsHeld);
        Assert.Equal(BindReasonCodes.Closing, Assert.Single(report.Outlooks[0].Reasons).Code);
        Assert.Contains("in FIN-WAIT-", report.Outlooks[0].Reasons[0].Text, StringComparison.Ordinal);
    });
}
