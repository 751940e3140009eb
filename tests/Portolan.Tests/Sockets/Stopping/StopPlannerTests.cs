using Portolan.Model;
using Portolan.Sockets;
using Portolan.Sockets.Binding;
using Portolan.Sockets.Owners;
using Portolan.Sockets.Stopping;
using Portolan.Tests.Support;

namespace Portolan.Tests.Sockets.Stopping;

public sealed class StopPlannerTests
{
    private static readonly ContainerInfo Database = new("4f2c0123456789abcdef", "docker", "db", null);

    [Fact]
    public void A_process_is_signalled_with_its_whole_family_roots_first() => Assert.Equal(
        ["signal 10 11 12"],
        Plan(new MachineBuilder().Process(10, "nginx").Process(11, "nginx", parent: 10).Process(12, "nginx", parent: 10).Listen(
            "0.0.0.0:80", 12, 11, 10)));

    [Fact]
    public void A_service_is_stopped_by_systemd_where_it_runs()
    {
        var machine = new MachineBuilder().Process(812, "sshd", unit: "ssh.service").Listen("0.0.0.0:80", 812);

        Assert.Equal(["units ssh.service"], Plan(machine, Systemd));
        Assert.Equal(["signal 812"], Plan(machine));
    }

    [Fact]
    public void A_service_that_its_socket_would_start_again_is_stopped_with_it()
    {
        var machine = new MachineBuilder { SocketUnit = (_, _) => "ssh.socket" }
            .Process(1, "systemd", parent: 0).Process(812, "sshd", unit: "ssh.service").Listen("[::]:80", 1, 812);

        Assert.Equal(["units ssh.socket ssh.service"], Plan(machine, Systemd));
    }

    [Fact]
    public void A_socket_without_its_service_is_stopped_if_its_unit_is_known()
    {
        var known = new MachineBuilder { SocketUnit = (_, _) => "cups.socket" }.Process(1, "systemd", parent: 0).Listen("[::]:80", 1);
        var unknown = new MachineBuilder().Process(1, "systemd", parent: 0).Listen("[::]:80", 1);

        Assert.Equal(["units cups.socket"], Plan(known, Systemd));
        Assert.Equal(["refused socket-unit"], Plan(unknown, Systemd));
        Assert.Equal(["refused socket-unit"], Plan(unknown, Systemd with { Force = true }));
    }

    [Fact]
    public void The_services_of_each_connection_are_stopped_with_their_socket_but_for_the_one_that_stop_runs_in()
    {
        var machine = new MachineBuilder { SocketUnit = (_, _) => "ssh.socket", StartsOneForEach = unit => unit == "ssh.socket" }.Process(
            1, "systemd", parent: 0).Listen("[::]:80", 1);

        Assert.Equal(["units ssh.socket ssh@*.service"], Plan(machine, Systemd));
        Assert.Equal(["units ssh.socket"], Plan(machine, Systemd with { OwnUnit = "ssh@0-192.0.2.1:22-192.0.2.2:4000.service" }));
    }

    [Theory]
    [InlineData("session-3.scope")]
    [InlineData("user@1000.service")]
    [InlineData("init.scope")]
    [InlineData("app-gnome-terminal.scope")]
    public void What_only_holds_a_session_is_never_stopped_for_one_program(string unit) =>
        Assert.Equal(["signal 10"], Plan(new MachineBuilder().Process(10, "node", unit: unit).Listen("0.0.0.0:80", 10), Systemd));

    [Fact]
    public void A_users_own_unit_is_unknown_to_the_systems_systemctl() =>
        Assert.Equal(
            ["signal 10"],
            Plan(
                new MachineBuilder().Process(10, "syncthing", unit: "syncthing.service").Listen("0.0.0.0:80", 10),
                Systemd with { ConfirmsUnit = (_, _) => false }));

    [Fact]
    public void A_users_own_unit_is_stopped_by_that_users_systemd_where_it_confirms_the_unit() => Assert.Equal(
        ["units syncthing.service of 1000"],
        Plan(
            new MachineBuilder().Process(10, "syncthing", unit: "syncthing.service")
                .With(10, p => OfUser(p, 1000)).Listen("0.0.0.0:80", 10),
            Systemd));

    [Fact]
    public void A_process_in_the_groups_of_another_users_manager_is_signalled() => Assert.Equal(
        ["signal 10"],
        Plan(
            new MachineBuilder().Process(10, "syncthing", unit: "syncthing.service")
                .With(10, p => OfUser(p, 1000) with { UserId = 0 }).Listen("0.0.0.0:80", 10),
            Systemd));

    private static ProcessInfo OfUser(ProcessInfo process, uint user) => process with
    {
        UnitGrade = NameGrade.Claimed,
        IsUserUnit = true,
        UserId = user,
        UnitPath = $"/user.slice/user-{user}.slice/user@{user}.service/app.slice/{process.Unit}",
    };

    [Theory]
    [InlineData(null, "units web.service with container db")]
    [InlineData(1000u, "units web.service of 1000 with container db")]
    public void A_container_that_a_unit_runs_is_stopped_with_its_unit_which_would_start_it_again(uint? user, string plan)
    {
        var machine = new MachineBuilder().Process(40, "conmon", unit: "web.service").Listen("0.0.0.0:80", 40);
        var situation = Systemd with
        {
            ConfirmContainer = _ => new EngineAnswer(Database, EngineTrouble.None),
            UnitOfContainer = container => container == Database ? new ContainerUnit("web.service", user) : null,
        };

        Assert.Equal([plan], Plan(machine, situation));
        Assert.Equal(["container db"], Plan(machine, situation with { OwnUnit = "web.service" }));
    }

    [Fact]
    public void A_name_that_the_process_may_have_chosen_stops_no_unit_whatever_systemd_says() => Assert.Equal(
        ["signal 10"],
        Plan(
            new MachineBuilder().Process(10, "sshd", unit: "ssh.service").With(10, p => p with { UnitGrade = NameGrade.Claimed }).Listen(
                "0.0.0.0:80", 10), Systemd));

    [Fact]
    public void A_unit_is_not_stopped_for_a_socket_that_a_process_outside_of_it_holds_too() => Assert.Equal(
        ["signal 10 11"],
        Plan(
            new MachineBuilder().Process(10, "dbus", unit: "dbus.service").Process(11, "evil", unit: "dbus.service")
                .With(11, p => p with { UnitPath = "/user.slice/user-1000.slice/user@1000.service/dbus.service" }).Listen(
                    "0.0.0.0:80", 10, 11),
            Systemd));

    [Fact]
    public void A_container_that_only_the_process_names_is_not_stopped_but_the_process_is() => Assert.Equal(
        ["signal 30"],
        Plan(new MachineBuilder().Process(30, "nc", container: Database with { Grade = NameGrade.Claimed }).Listen("0.0.0.0:80", 30)));

    [Theory]
    [InlineData("lxc", "x;id>pwned;#", "run lxc-stop -n 'x;id>pwned;#'")]
    [InlineData("nspawn", "$(reboot)", "run machinectl terminate -- '$(reboot)'")]
    [InlineData("nspawn", "-x\u001b[2J", "run machinectl terminate -- $'-x\\033[2J'")]
    [InlineData("containerd", "a`id`", "run crictl stop 'a`id`'")]
    public void A_containers_name_is_one_word_of_the_command_to_run(string runtime, string id, string remedy) => Assert.Equal(
        ["refused runtime: " + remedy],
        Plan(
            new MachineBuilder().Process(30, "x", container: new ContainerInfo(id, runtime, null, null)).Listen("0.0.0.0:80", 30),
            remedies: true));

    [Fact]
    public void A_container_is_stopped_by_its_runtime_and_never_by_signal()
    {
        var machine = new MachineBuilder().Process(30, "postgres", container: Database).Listen("0.0.0.0:80", 30);

        Assert.Equal(
            ["container db"],
            Plan(machine, Nothing with { ConfirmContainer = holder => new EngineAnswer(holder.Owner.Container, EngineTrouble.None) }));
        Assert.Equal(["refused runtime: run docker stop db"], Plan(machine, remedies: true));
    }

    [Fact]
    public void A_published_port_stops_the_container_and_never_the_proxy()
    {
        var machine = new MachineBuilder { PublishedBy = p => p.Name == "docker-proxy" ? Database : null }
            .Process(40, "docker-proxy", unit: "docker.service").Process(41, "docker-proxy", unit: "docker.service")
            .Listen("0.0.0.0:80", 40).Listen("[::]:80", 41).V6Only();

        Assert.Equal(
            ["container db"],
            Plan(machine, Systemd with { ConfirmContainer = holder => new EngineAnswer(holder.Owner.Container, EngineTrouble.None) }));
        Assert.Equal(["refused runtime"], Plan(machine, Systemd));
    }

    [Theory]
    [InlineData("docker-proxy", "docker.service")]
    [InlineData("conmon", "libpod-conmon-1.scope")]
    [InlineData("rootlessport", "podman-213.scope")]
    [InlineData("slirp4netns", "session-3.scope")]
    [InlineData("pasta", "user@1000.service")]
    [InlineData("pasta.avx2", "user@1000.service")]
    [InlineData("rootlesskit", "docker.service")]
    public void A_monitor_or_proxy_of_an_engine_is_never_signalled_nor_is_its_unit_stopped(string program, string unit)
    {
        var machine = new MachineBuilder().Process(40, program, unit: unit).Listen("0.0.0.0:80", 40);

        Assert.Equal(["refused runtime"], Plan(machine, Systemd));
        Assert.Equal(["refused runtime"], Plan(machine, Systemd with { Force = true }));
        Assert.Equal(
            ["container db"], Plan(machine, Systemd with { ConfirmContainer = _ => new EngineAnswer(Database, EngineTrouble.None) }));
    }

    [Theory]
    [InlineData(EngineTrouble.NotHere, "run sudo -u ann XDG_RUNTIME_DIR=/run/user/1000 podman stop web")]
    [InlineData(EngineTrouble.NoAnswer, "run sudo -u ann XDG_RUNTIME_DIR=/run/user/1000 podman stop web")]
    [InlineData(EngineTrouble.NoPermission, "run the command again with sudo")]
    [InlineData(
        EngineTrouble.NotKnown,
        "find it with sudo -u ann XDG_RUNTIME_DIR=/run/user/1000 podman ps; if no container has the port, end the process with kill 40")]
    public void Why_an_engine_confirms_nothing_decides_what_to_do(EngineTrouble trouble, string remedy)
    {
        var web = new ContainerInfo("4f2c", "podman", "web", null) { EngineUser = 1000, Grade = NameGrade.Claimed };
        var machine = new MachineBuilder { PublishedBy = _ => web }.Process(40, "rootlessport").Listen("0.0.0.0:80", 40);

        Assert.Equal(
            [$"refused runtime: {remedy}"],
            Plan(machine, Nothing with { ConfirmContainer = _ => EngineAnswer.No(trouble), UserName = _ => "ann" }, remedies: true));
    }

    [Fact]
    public void Process_1_is_stopped_only_when_forced()
    {
        var machine = new MachineBuilder().Process(1, "node", parent: 0).Listen("0.0.0.0:80", 1);

        Assert.Equal(["refused init"], Plan(machine));
        Assert.Equal(["signal 1"], Plan(machine, Nothing with { Force = true }));
    }

    [Fact]
    public void This_command_and_its_ancestors_are_stopped_only_when_forced()
    {
        var machine = new MachineBuilder().Process(70, "bash").Process(71, "server", parent: 70).Listen("0.0.0.0:80", 70, 71);
        var inside = Nothing with { OwnLineage = new HashSet<int> { 99, 70, 1 } };

        Assert.Equal(["refused self"], Plan(machine, inside));
        Assert.Equal(["signal 70 71"], Plan(machine, inside with { Force = true }));
    }

    [Fact]
    public void The_unit_this_command_runs_in_is_stopped_only_when_forced()
    {
        var machine = new MachineBuilder().Process(50, "runner", unit: "ci.service").Listen("0.0.0.0:80", 50);

        Assert.Equal(["refused own-unit"], Plan(machine, Systemd with { OwnUnit = "ci.service" }));
        Assert.Equal(["units ci.service"], Plan(machine, Systemd with { OwnUnit = "ci.service", Force = true }));
    }

    [Fact]
    public void What_cannot_be_stopped_is_refused_even_when_forced()
    {
        var forced = Systemd with { Force = true };
        Assert.Equal(
            ["refused kernel"],
            Plan(new MachineBuilder().Listen("0.0.0.0:80").With((ref SocketEntry e) => e.Flags |= SocketFlags.KernelOwned), forced));
        Assert.Equal(["refused hidden"], Plan(new MachineBuilder { HiddenProcesses = 3 }.Listen("0.0.0.0:80"), forced));
        Assert.Equal(["refused nobody"], Plan(new MachineBuilder().Listen("0.0.0.0:80"), forced));
    }

    [Theory]
    [InlineData(false, "refused hidden: run the command again with sudo, or on the host if this is a container")]
    [InlineData(true, "refused hidden: some processes are hidden even from root; if this is a container, run the same command on the host")]
    public void Only_who_is_not_root_is_told_to_use_sudo(bool isRoot, string refusal) =>
        Assert.Equal(
            [refusal],
            Plan(new MachineBuilder { HiddenProcesses = 1 }.Listen("0.0.0.0:80"), Nothing with { IsRoot = isRoot }, remedies: true));

    [Fact]
    public void Several_holders_are_several_steps_and_one_refusal_does_not_stop_the_rest() => Assert.Equal(
        ["signal 10", "units web.service", "refused init"],
        Plan(
            new MachineBuilder()
                .Process(1, "node", parent: 0).Process(10, "python3").Process(20, "web", unit: "web.service")
                .Listen("127.0.0.2:80", 1).Listen("127.0.0.3:80", 10).Listen("127.0.0.4:80", 20).Udp("127.0.0.4:80", 20),
            Systemd));

    private static StopSituation Nothing => new() { OwnLineage = new HashSet<int> { 99 } };

    private static StopSituation Systemd => Nothing with { HasSystemd = true, ConfirmsUnit = (_, _) => true };

    private static IEnumerable<string> Plan(MachineBuilder machine, StopSituation? situation = null, bool remedies = false)
    {
        var plan = StopPlanner.Plan(
            PortHolders.Find(machine.Facts, new PortNumber(80), [TransportProtocol.Tcp, TransportProtocol.Udp]), situation ?? Nothing);
        return plan.Steps.Select(s => s switch
        {
            StopUnits units =>
                $"units {string.Join(' ', units.Units)}{(units.User is null ? "" : $" of {units.User}")}"
                + (units.Container is { } run ? $" with container {run.Name}" : ""),
            StopContainer container => $"container {container.Container.Name}",
            _ => $"signal {string.Join(' ', ((StopProcesses)s).Processes.Select(p => p.Pid))}",
        }).Concat(plan.Refusals.Select(r => $"refused {r.Code}{(remedies ? $": {r.Remedy}" : "")}"));
    }
}
