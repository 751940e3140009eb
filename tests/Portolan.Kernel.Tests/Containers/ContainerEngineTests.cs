using System.Text.RegularExpressions;
using Portolan.Linux;
using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.Containers;

/// <summary>
/// Ports of containers of real engines: who holds them, how they are stopped, and that no monitor or proxy is ever signalled.
/// </summary>
public sealed class ContainerEngineTests(EngineMachine engines) : IClassFixture<EngineMachine>
{
    [Fact]
    public void Chart_who_and_list_name_the_containers_of_rootful_podman()
    {
        engines.RunPodman("shop", 8100);

        Assert.Matches(@"8100/tcp +\* +container shop \(conmon [0-9]+\)", Portolan("--color", "never").Output);
        Assert.Matches("8100/tcp is held by container shop \\(conmon [0-9]+\\)\n", Portolan("who", "8100").Output);
        Assert.Contains("is forwarded to 10.88.", Portolan("who", "8100").Output, StringComparison.Ordinal);
        Assert.Matches("\"name\": \"shop\",\\s+\"engineUser\": 0\\s", Portolan("who", "8100", "--json").Output);
        Assert.Contains("(container shop)", Portolan("who", "8100").Output, StringComparison.Ordinal);
        Assert.Matches("0\\.0\\.0\\.0:8100 .* conmon [0-9]+ for container shop\n", Portolan("list", "-tlnp", "sport = :8100").Output);
    }

    [Fact]
    public void Chart_who_and_list_name_the_containers_of_docker()
    {
        engines.RunDocker("db", 8101);

        Assert.Matches(@"8101/tcp +\* v4\+v6 +container db \(docker-proxy [0-9]+\) ×2", Portolan("--color", "never").Output);
        Assert.Matches("8101/tcp \\(.*\\) is held by container db \\(docker-proxy [0-9]+\\) ×2\n", Portolan("who", "8101").Output);
        Assert.Matches("8101 .* docker-proxy [0-9]+ for container db\n", Portolan("list", "-tlnp", "sport = :8101").Output);
    }

    [Theory]
    [InlineData("rootlessport", "", 8102)]
    [InlineData("slirp4netns", "--network slirp4netns:port_handler=slirp4netns", 8103)]
    public void Chart_who_and_list_name_the_containers_of_a_users_podman(string program, string network, int port)
    {
        engines.RunRootless($"own{port}", port, network);

        // Without the API socket of that user's engine the name rests on what the user's processes say.
        Assert.Matches($"{port}/tcp .*container own{port} \\({program} [0-9]+\\) \\(claimed\\)", Portolan("--color", "never").Output);
        Assert.Matches($"  container +own{port} \\(podman of user ann\\)\n", Portolan("who", $"{port}").Output);
        Assert.Matches($"\"name\": \"own{port}\",\\s+\"engineUser\": [1-9][0-9]*", Portolan("who", $"{port}", "--json").Output);
        Assert.Matches(
            $":{port} .* {program} [0-9]+ for container own{port} \\(claimed\\)\n", Portolan("list", "-tlnp", $"sport = :{port}").Output);
    }

    [Fact]
    public void The_page_about_who_shows_what_comes()
    {
        engines.RunPodman("web", 8081);
        engines.StartUser();
        engines.Host.Shell("/run/as-ann systemd-run -q --user --unit syncthing perl -MIO::Socket::INET -e '$$s = "
            + "IO::Socket::INET->new(LocalPort => 8384, Listen => 5) or die; sleep 600'");
        engines.Host.WaitFor("the user's service to listen", () => Portolan("who", "8384/tcp").ExitCode == 0);
        try
        {
            foreach (var port in new[] { "8081", "8384" })
            {
                var example =
                    DocumentExample.Of("docs/who.md").Single(e => e.Command.EndsWith($"portolan who {port}", StringComparison.Ordinal));
                var came = Portolan("who", port).Output;
                Assert.True(
                    example.IsShownBy(
                        came,
                        [new Regex("(?<=10\\.88\\.0\\.)\\d+"), new Regex("NETAVARK-DN-\\w+"), new Regex("(?<=syncthing\\.service )\\d+")]),
                        $"{string.Join('\n', example.Output)}\n\nand there came\n{came}");
            }
        }
        finally
        {
            engines.Host.Shell("/run/as-ann systemctl --user stop syncthing");
        }
    }

    [Fact]
    public void A_users_engine_confirms_the_name_where_it_listens()
    {
        engines.RunRootless("asked", 8104);
        engines.Host.Shell("/run/as-ann systemctl --user start podman.socket");
        try
        {
            Assert.Matches("8104/tcp .*container asked \\(rootlessport [0-9]+\\) +[^ (]", Portolan("--color", "never").Output);
            Assert.DoesNotContain("claimed", Portolan("who", "8104").Output, StringComparison.Ordinal);
            AssertStops(8104, "podman stopped asked as user ann");
        }
        finally
        {
            engines.Host.Shell("/run/as-ann systemctl --user stop podman.socket podman.service");
        }
    }

    [Fact]
    public void Stop_asks_rootful_podman_and_the_port_is_free_afterwards()
    {
        engines.RunPodman("stopped", 8105);
        engines.Host.WaitFor("the container to serve", () => engines.Answers(8105));

        AssertStops(8105, "podman stopped stopped");

        Assert.Equal("exited", engines.Host.Shell("podman inspect -f '{{.State.Status}}' stopped").Trim());
    }

    [Fact]
    public void Stop_asks_podmans_socket_where_it_listens()
    {
        engines.RunPodman("bysocket", 8106);
        engines.Host.Shell("systemctl start podman.socket");
        try
        {
            AssertStops(8106, "podman stopped bysocket");
        }
        finally
        {
            engines.Host.Shell("systemctl stop podman.socket podman.service");
        }
    }

    [Fact]
    public void Stop_asks_docker()
    {
        engines.RunDocker("dockerdb", 8107);
        engines.Host.WaitFor("the container to serve", () => engines.Answers(8107));

        AssertStops(8107, "docker stopped dockerdb");

        Assert.Equal("active", engines.Host.Shell("systemctl is-active docker").Trim());
    }

    [Fact]
    public void Root_stops_the_container_of_a_user_as_that_user()
    {
        engines.RunRootless("byroot", 8108);
        engines.Host.WaitFor("the container to serve", () => engines.Answers(8108));

        AssertStops(8108, "podman stopped byroot as user ann");
    }

    [Fact]
    public void A_user_stops_a_container_of_their_own()
    {
        engines.RunRootless("byann", 8109, "--network slirp4netns:port_handler=slirp4netns");

        var stopped = engines.Host.Run("/run/as-ann", Support.SystemdMachine.PortolanPath, "stop", "8109", "--yes", "--timeout", "0");

        Assert.True(stopped.ExitCode == 0, stopped.Error + stopped.Output);
        Assert.Contains(
            "podman stopped byann as user ann\nport 8109 is free, as far as is visible\n", stopped.Output, StringComparison.Ordinal);
        Assert.False(engines.Answers(8109));
    }

    [Fact]
    public void A_container_that_only_rules_lead_to_is_found_and_stopped()
    {
        engines.RunDocker("bydnat", 8110);
        engines.Host.Shell("kill -9 $(pgrep -f '[d]ocker-proxy.*-host-port 8110')");
        engines.Host.WaitFor("the proxies to end", () => Portolan("list", "-tln", "sport = :8110").Output.Split('\n').Length <= 2);

        Assert.Contains("(container bydnat)", Portolan("who", "8110").Output, StringComparison.Ordinal);
        Assert.Equal(
            "8110/tcp is forwarded to container bydnat\n  would docker stop bydnat\n",
            Portolan("stop", "8110", "--dry-run").Output);
        AssertStops(8110, "docker stopped bydnat");
    }

    [Fact]
    public void A_port_that_rules_still_forward_is_not_free()
    {
        engines.RunPodman("target", 8111);
        var address = engines.Host.Shell("podman inspect -f '{{.NetworkSettings.IPAddress}}' target").Trim();
        engines.Host.Shell(
            $"nft 'table ip stray {{ chain p {{ type nat hook prerouting priority -101; tcp dport 8112 dnat to {address}:80; }}; chain o "
                + $"{{ type nat hook output priority -101; ip daddr 10.88.0.1 tcp dport 8112 dnat to {address}:80; }}; }}'");
        try
        {
            engines.Host.Shell("perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new(LocalPort => 8112, Listen => 5, ReuseAddr => 1) "
                + "or die; fork and exit; close STDOUT; close STDERR; sleep 100'");

            var stopped = Portolan("stop", "8112", "--yes");

            Assert.Equal(3, stopped.ExitCode);
            Assert.Matches("perl \\([0-9]+\\) ended after TERM\nport 8112 is not free\n", stopped.Output);
            Assert.Contains(
                $"traffic from other hosts for 8112/tcp is still forwarded to {address}:80", stopped.Output, StringComparison.Ordinal);
            Assert.Contains("a connect to 10.88.0.1:8112 is still answered", stopped.Output, StringComparison.Ordinal);
        }
        finally
        {
            engines.Host.Shell("nft delete table ip stray");
        }
    }

    [Fact]
    public void What_a_user_says_of_a_container_of_root_stops_nothing()
    {
        engines.RunPodman("victim", 8113);
        engines.StartUser();
        var id = engines.Host.Shell("podman inspect -f '{{.Id}}' victim").Trim();

        // A program with the name of conmon, the words of the victim's monitor, and a socket below the user's folder that leads to root's
        // engine.
        engines.Host.Shell(
            $$"""
            systemctl start podman.socket
            cp "$(readlink -f /usr/bin/perl)" /run/home/ann/conmon
            echo 'use IO::Socket::INET; my $s = IO::Socket::INET->new(LocalPort => 8114, Listen => 5, ReuseAddr => 1) or die; fork and exit; close STDOUT; close STDERR; sleep 100' > /run/home/ann/listen
            mkdir -p /run/user/7001/podman
            rm -f /run/user/7001/podman/podman.sock
            ln -s /run/podman/podman.sock /run/user/7001/podman/podman.sock
            chmod 755 /run/podman; chmod 666 /run/podman/podman.sock
            /run/as-ann /run/home/ann/conmon /run/home/ann/listen -c {{id}} -n victim
            """);
        try
        {
            Assert.Contains("(claimed)", Portolan("who", "8114").Output, StringComparison.Ordinal);
            var refused = Portolan("stop", "8114", "--yes", "--force");

            Assert.Equal(3, refused.ExitCode);
            Assert.Contains("podman of user ann does not confirm that", refused.Error, StringComparison.Ordinal);
            Assert.Matches("end the process with kill [0-9]+\n", refused.Error);
            Assert.True(engines.Answers(8113));
            Assert.Equal("running", engines.Host.Shell("podman inspect -f '{{.State.Status}}' victim").Trim());
        }
        finally
        {
            engines.Host.Shell(
                "rm -rf /run/user/7001/podman; pkill -f '^/run/home/ann/conmon'; systemctl stop podman.socket podman.service; true");
        }
    }

    [Fact]
    public void Who_may_not_ask_an_engine_is_told_so()
    {
        engines.RunDocker("secret", 8115);

        var refused = engines.Host.Run(
            "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", Support.SystemdMachine.PortolanPath, "stop", "8115",
            "--dry-run");

        Assert.Contains("hint: run the command again with sudo", refused.Error, StringComparison.Ordinal);
        Assert.Contains(refused.ExitCode, new[] { 3, 4 });
    }

    [Fact]
    public void An_engine_that_does_not_answer_leaves_its_proxies_alone()
    {
        engines.RunDocker("orphan", 8116);
        engines.Host.Shell("mv /run/docker.sock /run/docker.moved");
        try
        {
            var refused = Portolan("stop", "8116", "--yes");

            Assert.Equal(3, refused.ExitCode);
            Assert.Contains(
                "it belongs to a docker container, and docker does not listen at /run/docker.sock to confirm that", refused.Error,
                StringComparison.Ordinal);
            Assert.Contains("hint: run docker stop ", refused.Error, StringComparison.Ordinal);
            Assert.True(engines.Answers(8116));
        }
        finally
        {
            engines.Host.Shell("mv /run/docker.moved /run/docker.sock");
        }
    }

    [Fact]
    public void A_port_that_docker_forwards_past_ufw_is_closed_by_each_way_that_explain_names()
    {
        engines.RunDocker("past", 8117);
        engines.RunPodman("pastpod", 8118);
        engines.PutUfw();
        try
        {
            foreach (var (port, engine) in new[] { (8117, "Docker"), (8118, "Podman") })
            {
                if (engine == "Podman")
                {
                    engines.Host.Shell("ufw route allow proto tcp from any to any port 80");
                }

                engines.Host.WaitFor($"the container of {engine} to serve", () => engines.AnswersClient(port));
                var explained = Portolan("explain", $"{port}", "--from", "198.51.100.2").Output;
                Assert.Contains($"ufw denies {port}, but {engine} forwards it to ", explained, StringComparison.Ordinal);
                var ways = explained[explained.IndexOf("Close: ", StringComparison.Ordinal)..].Split('\n')
                    .Select(static l => l.Length > 7 ? l[7..].Trim() : "")
                    .Where(static l => l.StartsWith("sudo ", StringComparison.Ordinal))
                    .Select(static l => l["sudo ".Length..].Split("    #")[0]).ToList();
                Assert.Equal(engine == "Docker" ? 2 : 1, ways.Count);
                foreach (var way in ways)
                {
                    engines.Host.Shell(way.Replace(
                        "portolan block", $"{Support.SystemdMachine.PortolanPath} block --yes", StringComparison.Ordinal));
                    Assert.False(engines.AnswersClient(port), way);
                    engines.Host.Shell(
                        way.StartsWith("portolan", StringComparison.Ordinal)
                            ? "nft delete table inet portolan"
                            : way.Replace("-I DOCKER-USER", "-D DOCKER-USER", StringComparison.Ordinal));
                    Assert.True(engines.AnswersClient(port), $"after {way} was taken back");
                }
            }
        }
        finally
        {
            engines.TakeUfw();
        }
    }

    [Theory]
    [InlineData("docker", 8119, "# recreate container local8119 with its port published without an address: docker run -p 8119:80")]
    [InlineData("podman", 8120, "# recreate container local8120 with its port published without an address: podman run -p 8120:PORT")]
    public void The_fix_of_a_port_published_on_loopback_names_its_engine(string engine, int port, string fix)
    {
        Action<string, int, string> run = engine == "docker" ? engines.RunDocker : engines.RunPodman;
        run($"local{port}", port, "127.0.0.1:");

        Assert.Contains($"Fix:   {fix}\n", Portolan("explain", $"{port}", "-4").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_port_of_a_published_range_leads_to_its_own()
    {
        engines.Host.Shell($"{EngineMachine.PodmanRun} -d --name range -p 8130-8134:80-84 --rootfs /run/tree /bin/httpd -f -p 82");

        Assert.Matches(@"8132/tcp is forwarded to 10\.88\.[0-9.]+:82, IPv4 only \(container range\)", Portolan("who", "8132").Output);
        Assert.Matches(@"8134/tcp is forwarded to 10\.88\.[0-9.]+:84, IPv4 only \(container range\)", Portolan("who", "8134").Output);
        engines.PutOutside();
        try
        {
            engines.Host.WaitFor("the container to serve", () => engines.Answers(8132));
            Assert.False(engines.Answers(8133));
            Assert.Matches(
                "redirected to 10\\.88\\.[0-9.]+:82 by ip nat NETAVARK-DN-", Portolan("explain", "8132", "--from", "198.51.100.2").Output);
        }
        finally
        {
            engines.TakeOutside();
        }
    }

    [Fact]
    public void Explain_names_the_rule_that_lets_packets_through_and_no_translation()
    {
        engines.RunDocker("let", 8121);
        engines.PutOutside();
        try
        {
            engines.Host.WaitFor("the container to serve", () => engines.AnswersClient(8121));
            foreach (var from in (string[][])[["--from", "198.51.100.2"], ["--from", "198.51.100.1"], ["--from", "172.17.0.1"], []])
            {
                var explained = Portolan(["explain", "8121", "-4", .. from]).Output;
                Assert.Matches(" NAT .*172\\.17\\.0\\.[0-9]+:80", explained);
                Assert.Matches(" (firewall|output) +[^ ]+ ", explained);
                Assert.DoesNotMatch(" firewall .*(ip nat |MASQUERADE)", explained);
            }

            Assert.Matches(
                " firewall +✔ ip filter DOCKER handle [0-9]+: .*(?i:accept) +PROVED",
                Portolan("explain", "8121", "--from", "198.51.100.2").Output);
        }
        finally
        {
            engines.TakeOutside();
        }
    }

    [Fact]
    public void Who_may_ask_docker_sees_its_containers_though_their_proxies_are_hidden()
    {
        engines.RunDocker("shown", 8122);
        engines.RunDocker("inside", 8123, "127.0.0.1:");
        engines.StartUser();
        string[] asAnn = ["/run/as-ann", Support.SystemdMachine.PortolanPath];
        Assert.Matches("8122/tcp .*is held by a hidden process", engines.Host.Run([.. asAnn, "who", "8122"]).Output);
        engines.Host.Shell("usermod -aG docker ann");

        Assert.Matches(@"8122/tcp .* container shown ", engines.Host.Run([.. asAnn, "--color", "never"]).Output);
        Assert.Matches(@"8123/tcp .* container inside ", engines.Host.Run([.. asAnn, "--color", "never"]).Output);
        Assert.Matches("8122/tcp .*is held by container shown", engines.Host.Run([.. asAnn, "who", "8122"]).Output);
        var listed = engines.Host.Run([.. asAnn, "list", "-tlnp", "--color", "never"]);
        Assert.Matches(":8122 .* container shown\n", listed.Output);
        Assert.Matches(":8123 .* container inside\n", listed.Output);
        Assert.Matches("\n  would docker stop shown\n", engines.Host.Run([.. asAnn, "stop", "8122", "--dry-run"]).Output);
    }

    private void AssertStops(int port, string said)
    {
        var planned = Portolan("stop", $"{port}", "--dry-run");
        Assert.DoesNotContain("send", planned.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("systemctl", planned.Output, StringComparison.Ordinal);

        // The server of busybox does not end by itself as the first process of a container.
        var stopped = Portolan("stop", $"{port}", "--yes", "--timeout", "0");

        Assert.True(stopped.ExitCode == 0, stopped.Error + stopped.Output);
        Assert.Equal($"{said}\nport {port} is free\n", stopped.Output);
        Assert.False(engines.Answers(port));
    }

    private ProgramResult Portolan(params string[] words) => engines.Host.Portolan(words);
}
