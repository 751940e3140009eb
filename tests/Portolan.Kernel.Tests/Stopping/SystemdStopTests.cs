using System.Globalization;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux;

namespace Portolan.Kernel.Tests.Stopping;

/// <summary><c>portolan stop</c> and the names of units beside a real systemd, which is process 1 of namespaces of its own.</summary>
public sealed class SystemdStopTests(SystemdStopTests.Units units) : IClassFixture<SystemdStopTests.Units>
{
    [Fact]
    public void Only_a_unit_that_systemd_confirms_is_stopped_by_systemctl()
    {
        Await(7300);

        Assert.Equal(["  would systemctl stop web.service"], Plan(7300));
        Assert.All([7301, 7302, 7303], port =>
        {
            Await(port);
            Assert.Matches("^  would send TERM to perl \\([0-9]+\\)", Assert.Single(Plan(port)));
        });
        Assert.Contains("web.service", Portolan("who", "7301").Output, StringComparison.Ordinal);
        Assert.Contains("(user unit)", Portolan("who", "7301").Output, StringComparison.Ordinal);
        Assert.DoesNotContain("(user unit)", Portolan("who", "7300").Output, StringComparison.Ordinal);
        AssertStops(7300, "systemctl stopped web.service");
    }

    [Fact]
    public void A_socket_unit_whose_service_does_not_run_is_stopped_and_the_port_stays_free()
    {
        units.Host.Shell("systemctl start idle.socket");

        Assert.Matches(@"7310/tcp .* idle\.socket \(systemd\)", Portolan("--color", "never").Output);
        AssertStops(7310, "systemctl stopped idle.socket");
        Assert.Equal("inactive", units.Host.Run("systemctl", "is-active", "idle.service").Output.Trim());
    }

    [Fact]
    public void A_service_that_its_socket_started_is_stopped_together_with_the_socket()
    {
        units.Host.Shell("systemctl start busy.socket; bash -c 'exec 3<>/dev/tcp/127.0.0.1/7311'");
        units.Host.WaitFor("the service to run", () => units.Host.Run("systemctl", "is-active", "busy.service").Output.Trim() == "active");

        Assert.Matches(@"7311/tcp .* busy\.socket → busy\.service [0-9]+", Portolan("--color", "never").Output);
        Assert.Equal(["  would systemctl stop busy.socket busy.service"], Plan(7311));
        AssertStops(7311, "systemctl stopped busy.socket and busy.service");
    }

    [Fact]
    public void A_socket_that_starts_a_service_for_each_connection_is_stopped_with_those_services()
    {
        units.Host.Shell(
            "systemctl start each.socket; bash -c 'exec 3<>/dev/tcp/127.0.0.1/7312; exec sleep 300' </dev/null >/dev/null 2>&1 &");
        units.Host.WaitFor(
            "a service for the connection",
            () => units.Host.Run("systemctl", "list-units", "--plain", "--no-legend", "each@*").Output.Contains(
                "each@", StringComparison.Ordinal));

        Assert.Matches(@"7312/tcp .* each\.socket \(systemd\)", Portolan("--color", "never").Output);
        AssertStops(7312, "systemctl stopped each.socket and each@*.service");
        Assert.Equal("", units.Host.Run("systemctl", "list-units", "--plain", "--no-legend", "each@*").Output.Trim());
    }

    [Fact]
    public void Rules_that_were_confirmed_are_loaded_by_systemd_at_the_next_start()
    {
        units.Host.Shell($"{SystemdMachine.PortolanPath} block 8001/tcp --yes; {SystemdMachine.PortolanPath} firewall confirm --force");
        units.Host.Shell("nft delete table inet portolan; systemctl daemon-reload");

        // What the next start does: the unit is wanted by sysinit.target, and comes before the network.
        Assert.Contains("portolan-firewall.service", units.Host.Shell("systemctl show -P Wants sysinit.target"), StringComparison.Ordinal);
        Assert.Contains(
            "network-pre.target", units.Host.Shell("systemctl show -P Before portolan-firewall.service"), StringComparison.Ordinal);
        units.Host.Shell("systemctl start portolan-firewall.service");

        Assert.Contains("#1 block 8001/tcp", units.Host.Shell("nft list table inet portolan"), StringComparison.Ordinal);
    }

    private void Await(int port) => units.Host.WaitFor($"a listener on {port}", () => Portolan("who", Text(port)).ExitCode == 0);

    private string[] Plan(int port)
    {
        var result = Portolan("stop", Text(port), "--dry-run");
        Assert.True(result.ExitCode == 0, result.Error);
        return [.. result.Output.Split('\n').Where(line => line.StartsWith("  would", StringComparison.Ordinal)).Select(
            line => line.Split(", KILL")[0])];
    }

    private void AssertStops(int port, string said)
    {
        var stopped = Portolan("stop", Text(port), "--yes");
        Assert.True(stopped.ExitCode == 0, stopped.Error + stopped.Output);
        Assert.StartsWith($"{said}\nport {port} is free\n", stopped.Output, StringComparison.Ordinal);
        Assert.Equal(1, Portolan("who", Text(port)).ExitCode);
    }

    private ProgramResult Portolan(params string[] words) => units.Host.Portolan(words);

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);

    /// <summary>A machine with services, sockets and listeners in groups that systemd did not make.</summary>
    public sealed class Units : IDisposable
    {
        // The listeners besides web.service run in groups that systemd did not make: one that a user's manager would have, one with the
        // name of a unit that systemd has elsewhere, one with the name of no unit.
        private const string Prepare =
            """
            unit() {
              { echo '[Unit]'; echo 'DefaultDependencies=no'; cat; } > /etc/systemd/system/$1
            }
            perl='use Socket; socket(S, AF_INET, SOCK_STREAM, 0); setsockopt(S, SOL_SOCKET, SO_REUSEADDR, 1); bind(S, sockaddr_in($ARGV[0], INADDR_ANY)) or die; listen(S, 5); sleep 300'
            echo "$perl" > /run/listen
            unit web.service <<U
            [Service]
            StandardOutput=null
            StandardError=null
            ExecStart=/usr/bin/perl /run/listen 7300
            U
            for name in idle:7310 busy:7311; do
            unit ${name%:*}.socket <<U
            [Socket]
            ListenStream=${name#*:}
            U
            unit ${name%:*}.service <<U
            [Service]
            StandardOutput=null
            StandardError=null
            ExecStart=/usr/bin/sleep 300
            U
            done
            unit each.socket <<U
            [Socket]
            ListenStream=7312
            Accept=yes
            U
            unit each@.service <<U
            [Service]
            StandardInput=socket
            StandardOutput=null
            StandardError=null
            ExecStart=/usr/bin/sleep 300
            U
            listen() {
              mkdir -p /sys/fs/cgroup/$2
              sh -c 'echo $$ > /sys/fs/cgroup/'$2'/cgroup.procs; exec perl /run/listen '$1 </dev/null >/dev/null 2>&1 &
            }
            listen 7301 user.slice/user-1000.slice/user@1000.service/web.service
            listen 7302 other.slice/web.service
            listen 7303 system.slice/nosuch.service
            """;

        private SystemdMachine? _host;

        internal SystemdMachine Host => _host ??= SystemdMachine.Start(Prepare, "web.service");

        /// <inheritdoc/>
        public void Dispose() => _host?.Dispose();
    }
}
