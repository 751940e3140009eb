using Portolan.Linux;

namespace Portolan.Kernel.Tests.Containers;

/// <summary>Containers that systemd units run: they are stopped with their unit, which would start them again.</summary>
public sealed class ContainerUnitTests(EngineMachine engines) : IClassFixture<EngineMachine>
{
    private const string Run = EngineMachine.PodmanRun;
    private const string Server = "--rootfs /run/tree /bin/httpd -f -p 80";

    [Fact]
    public void A_container_of_a_generated_unit_is_stopped_with_it()
    {
        engines.StartUnit("generated", EngineMachine.GeneratedUnit("generated", 8140));

        AssertStaysFree(8140, "systemctl stop generated.service, which runs container generated");
    }

    /// <summary>The container's group is below the unit's own (<c>--cgroups=split</c>), and so is its monitor's.</summary>
    [Fact]
    public void A_container_of_Quadlet_is_stopped_with_its_unit()
    {
        engines.StartUnit("quad", EngineMachine.QuadletUnit("quad", 8151));

        engines.Host.WaitFor("8151 to answer", () => engines.Answers(8151));
        Assert.Contains("container systemd-quad", Portolan("who", "8151").Output, StringComparison.Ordinal);
        AssertStaysFree(8151, "systemctl stop quad.service, which runs container systemd-quad");
    }

    [Fact]
    public void A_container_of_a_unit_that_waits_for_podman_is_stopped_with_it()
    {
        engines.StartUnit("waiting", EngineMachine.WaitingUnit("podman", "waited", 8141));

        AssertStaysFree(8141, "systemctl stop waiting.service, which runs container waited");
    }

    [Fact]
    public void A_container_of_a_unit_that_waits_for_docker_is_stopped_with_it()
    {
        engines.StartDocker();
        engines.StartUnit("dock", EngineMachine.WaitingUnit("docker", "docked", 8142));

        // docker-proxy answers before Docker lists the container.
        engines.Host.WaitFor("docker to list it", () => engines.Host.Shell("/usr/bin/docker ps -q --filter name=docked").Length > 0);

        AssertStaysFree(8142, "systemctl stop dock.service, which runs container docked");
    }

    [Fact]
    public void A_container_of_a_users_unit_is_stopped_by_that_users_systemd()
    {
        engines.StartUser();
        engines.StartUnit("own", EngineMachine.WaitingUnit("podman", "owned", 8143, "/run/home/ann/tree"), isUsers: true);

        AssertStaysFree(8143, "systemctl --user stop own.service as user ann, which runs container owned");
    }

    [Fact]
    public void A_service_of_a_user_is_stopped_by_that_users_systemd_and_stays_away()
    {
        engines.StartUser();
        engines.StartUnit(
            "listens",
            "ExecStart=/usr/bin/perl -MIO::Socket::INET -e "
            + "'$$s = IO::Socket::INET->new(LocalPort => 8144, Listen => 5, ReuseAddr => 1) or die; sleep 600'",
            isUsers: true);

        AssertStaysFree(8144, "systemctl --user stop listens.service as user ann");
    }

    [Theory]
    [InlineData("podman", 8145)]
    [InlineData("docker", 8146)]
    public void A_container_that_its_engine_starts_again_is_stopped_for_good(string engine, int port)
    {
        if (engine == "docker")
        {
            engines.StartDocker();
            engines.Host.Shell($"/usr/bin/docker run -d --restart always --name always{port} -p {port}:80 tree /bin/httpd -f -p 80");
        }
        else
        {
            engines.Host.Shell($"{Run} -d --restart always --name always{port} -p {port}:80 {Server}");
        }

        AssertStaysFree(port, $"{engine} stop always{port}");
    }

    [Fact]
    public void A_unit_that_only_started_a_container_is_left_alone()
    {
        // As cron does: the monitor stays in the group of its unit.
        engines.StartUnit("jobs", $"ExecStart=/bin/sh -c '{Run} -d --name job -p 8147:80 {Server}; sleep 600'");

        AssertStaysFree(8147, "podman stop job");

        Assert.Equal("active", engines.Host.Shell("systemctl is-active jobs").Trim());
    }

    [Theory]
    [InlineData("100ms", 8149, "systemd has started keeps8149.service again")]
    [InlineData("1h", 8150, "systemd starts keeps8150.service again after 1h")]
    public void A_port_is_not_free_while_a_unit_that_was_not_found_brings_it_back(string delay, int port, string remaining)
    {
        // The script notices the end by itself, and the container ends only when systemd has noticed the script's end: how fast either is
        // does not matter. Both see the folder of the tree.
        engines.Host.Shell(
            $"""
            cat > /run/keep{port} <<'S'
            #!/bin/sh
            while podman container exists keep{port}; do sleep 0.05; done
            rm -f /run/tree/tmp/ends{port}
            {Run} --rm -d --name keep{port} -p {port}:80 --rootfs /run/tree /bin/sh /tmp/serve{port}
            until [ -e /run/tree/tmp/ends{port} ]; do sleep 0.05; done
            S
            cat > /run/tree/tmp/serve{port} <<'S'
            trap 'echo > /tmp/ends{port}; until [ -e /tmp/noticed{port} ]; do sleep 0.05; done; exit' TERM
            /bin/httpd -p 80
            while :; do sleep 0.05; done
            S
            chmod +x /run/keep{port}
            """);
        engines.StartUnit(
            $"keeps{port}", $"RestartSec={delay}\nExecStart=/run/keep{port}\nExecStopPost=/bin/touch /run/tree/tmp/noticed{port}");
        engines.Host.WaitFor($"{port} to answer", () => engines.Answers(port));
        try
        {
            var stopped = Portolan("stop", $"{port}", "--yes", "--timeout", "60");

            Assert.True(stopped.ExitCode == 3, stopped.Output + stopped.Error);
            Assert.Matches($"port {port} is not free\n(.*\n)*  ! {remaining}", stopped.Output);
        }
        finally
        {
            engines.Host.Shell($"systemctl stop keeps{port}; podman rm -f -t 0 keep{port} || true");
        }
    }

    [Fact]
    public void A_label_that_names_a_unit_of_others_stops_nothing()
    {
        engines.StartUnit("victim", "ExecStart=/bin/sleep 600");
        engines.Host.Shell($"{Run} -d --label PODMAN_SYSTEMD_UNIT=victim.service --name liar -p 8148:80 {Server}");

        AssertStaysFree(8148, "podman stop liar");

        Assert.Equal("active", engines.Host.Shell("systemctl is-active victim").Trim());
    }

    private void AssertStaysFree(int port, string planned)
    {
        engines.Host.WaitFor($"{port} to answer", () => engines.Answers(port));
        var plan = Portolan("stop", $"{port}", "--dry-run");
        Assert.True(plan.Output.EndsWith($"\n  would {planned}\n", StringComparison.Ordinal), plan.Output + plan.Error);

        // The server of busybox does not end by itself as the first process of a container.
        var stopped = Portolan("stop", $"{port}", "--yes", "--timeout", "0");

        Assert.True(stopped.ExitCode == 0, stopped.Error + stopped.Output);
        Assert.EndsWith($"\nport {port} is free\n", stopped.Output, StringComparison.Ordinal);

        // Units are started again after 100 ms: four times that passes by the machine's own clock.
        engines.Host.Shell("sleep 0.4");
        Assert.False(engines.Answers(port));
        Assert.Equal(1, Portolan("stop", $"{port}", "--dry-run").ExitCode);
    }

    private ProgramResult Portolan(params string[] words) => engines.Host.Portolan(words);
}
