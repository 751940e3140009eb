using Portolan.Sockets.Chart;
using Portolan.Sockets.Naming;
using Portolan.Sockets.Owners;

namespace Portolan.Tests.Sockets.Naming;

/// <summary>What runs behind a port, by its owner.</summary>
public sealed class OwnerServicesTests
{
    [Theory]
    [InlineData("/usr/bin/redis-server", "metaedit-ws", "redis redis Redis 7")]
    [InlineData("/usr/sbin/sshd", "EtherNet-IP-1", "ssh ssh OpenSSH 7")]
    [InlineData("/usr/bin/prometheus", "websm", "prometheus http Prometheus 7")]
    [InlineData("/usr/sbin/nginx", "https", "https https nginx 7")]
    [InlineData("/usr/sbin/nginx", "http-alt", "http http nginx 7")]
    [InlineData("/usr/sbin/nginx", null, "http http nginx 7")]
    [InlineData("/usr/sbin/apache2", "irdmi", "http http Apache httpd 7")]
    [InlineData("/usr/sbin/php-fpm8.2", null, "fastcgi fastcgi PHP-FPM 7")]
    [InlineData("/usr/lib/postfix/sbin/master", "submission", "submission submission Postfix 7")]
    [InlineData("/usr/lib/postfix/sbin/master", "scp-config", "postfix - Postfix 5")]
    [InlineData("/usr/sbin/chronyd", "ntp", "ntp ntp chrony 7")]
    [InlineData("/usr/sbin/chronyd", "rpki-rtr", "chrony - chrony 5")]
    [InlineData("/usr/sbin/sshd (deleted)", "ssh", "ssh ssh OpenSSH 7")]
    public void A_program_that_root_installed_is_known_by_its_file(string path, string? registered, string expected) =>
        Assert.Equal(expected, Text(OwnerServices.Of(Process(path, NameGrade.Proved), registered, NoPackage)));

    [Theory]
    [InlineData("/usr/bin/redis-check-rdb", "/usr/bin/redis-server", "redis redis Redis 7")]
    [InlineData("/usr/bin/busybox", "/usr/sbin/inetd", "inetd - inetd 5")]
    public void A_program_of_several_names_is_known_by_the_link_that_started_it(string file, string link, string expected)
    {
        var owner = Process(file, NameGrade.Proved);

        Assert.Equal(
            expected,
            Text(OwnerServices.Of(owner with { Processes = [owner.Main! with { StartedAs = link }] }, "metaedit-ws", NoPackage)));
    }

    [Theory]
    [InlineData("/usr/sbin/nginx", "postgresql")]
    [InlineData("/usr/sbin/haproxy", "smtp")]
    [InlineData("/usr/bin/stunnel4", "imap")]
    [InlineData("/usr/bin/socat", "http-alt")]
    [InlineData("/usr/bin/portolan", "http-alt")]
    public void A_relay_on_the_port_of_another_service_tells_nothing(string path, string registered) =>
        Assert.Null(OwnerServices.Of(Process(path, NameGrade.Proved), registered, NoPackage));

    [Fact]
    public void A_program_that_root_did_not_install_is_a_claim()
    {
        var service = OwnerServices.Of(Process("/home/mallory/sshd", NameGrade.Claimed), "EtherNet-IP-1", NoPackage)!;

        Assert.Equal((true, "ssh?", 3), (service.IsClaimed, service.Shown, service.Confidence));
        Assert.Null(OwnerServices.Of(Process("/home/mallory/server", NameGrade.Claimed), "http-alt", NoPackage));
    }

    [Fact]
    public void What_a_process_calls_itself_does_not_count()
    {
        var owner = Process("/usr/bin/python3.11", NameGrade.Proved, "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups");

        Assert.Null(OwnerServices.Of(owner with { Name = "sshd", Processes = [owner.Main! with { Name = "sshd" }] }, "ssh", NoPackage));
    }

    [Fact]
    public void A_port_that_sshd_forwards_for_a_session_is_not_ssh()
    {
        Assert.Equal("ssh forward - OpenSSH 5",
            Text(OwnerServices.Of(Process("/usr/sbin/sshd", NameGrade.Proved, "sshd: mallory@pts/0"), "http-alt", NoPackage)));
        Assert.Equal("ssh forward - OpenSSH 5",
            Text(OwnerServices.Of(Process("/usr/lib/openssh/sshd-session", NameGrade.Proved, "sshd-session: mallory@pts/0"), "http-alt",
            NoPackage)));
        Assert.Equal("ssh ssh OpenSSH 7",
            Text(OwnerServices.Of(Process("/usr/sbin/sshd", NameGrade.Proved, "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups"),
            "ssh", NoPackage)));
        Assert.Equal("ssh ssh OpenSSH 7",
            Text(OwnerServices.Of(Process("/usr/sbin/sshd", NameGrade.Proved, "/usr/sbin/sshd", "-D"), "ssh", NoPackage)));
    }

    [Theory]
    [InlineData("/usr/bin/python3.11", "python3|/srv/app/server.py|--port|8080", "python3 server.py")]
    [InlineData("/usr/bin/python3.11", "python3|-u|-X|dev|-m|http.server|8000", "python3 http.server")]
    [InlineData("/usr/bin/python3.11", "python3|-c|import socket", null)]
    [InlineData("/usr/bin/node", "node|--require|./trace.js|app.js", "node app.js")]
    [InlineData("/usr/lib/jvm/java-17/bin/java", "java|-Xmx1g|-jar|/opt/kafka/kafka.jar", "java kafka.jar")]
    [InlineData("/usr/lib/jvm/java-17/bin/java", "java|-cp|a.jar:b.jar|org.apache.zookeeper.Main|x", "java Main")]
    [InlineData("/usr/bin/perl", "/usr/bin/perl|-wT|/usr/sbin/munin-node", "perl munin-node")]
    [InlineData("/usr/bin/php8.2", "php|-S|127.0.0.1:8000", "php8 -S")]
    [InlineData("/bin/busybox", "httpd|-p|80", "busybox httpd")]
    [InlineData("/usr/lib/erlang/bin/beam.smp", "beam.smp|--|x", null)]
    public void An_interpreter_is_named_with_its_script(string path, string command, string? label)
    {
        var service = OwnerServices.Of(Process(path, NameGrade.Proved, command.Split('|')), "http-alt", NoPackage);

        Assert.Equal(label, service?.Label);
        Assert.True(service is null or { Source: ServiceSource.Script, Protocol: null, Confidence: 4 });
    }

    [Theory]
    [InlineData("rabbitmq-server.service", "amqp", "amqp amqp RabbitMQ 6")]
    [InlineData("rabbitmq-server.service", null, "rabbitmq - RabbitMQ 5")]
    [InlineData("postgresql@15-main.service", null, "postgresql postgresql PostgreSQL 6")]
    [InlineData("gitea-runner.service", "ppp", "gitea-runner - - 5")]
    public void A_unit_names_what_an_interpreter_runs(string unit, string? registered, string expected)
    {
        var main =
            new ProcessInfo(7, 1)
            {
                Name = "x",
                Unit = unit,
                ExecutablePath = "/usr/bin/python3.11",
                ProgramGrade = NameGrade.Proved,
                CommandLine = ["python3", "main.py"]
            };
        var owner = new PortOwner { Kind = OwnerKind.Unit, Name = unit, Processes = [main] };

        Assert.Equal(expected, Text(OwnerServices.Of(owner, registered, NoPackage)));
        Assert.Equal("python3 main.py - python3 main.py 4",
            Text(OwnerServices.Of(owner with { Processes = [main with { UnitGrade = NameGrade.Claimed }] }, registered, NoPackage)));
    }

    [Theory]
    [InlineData("ssh.socket", "ssh ssh OpenSSH 6")]
    [InlineData("cups.socket", "ipp ipp CUPS 6")]
    [InlineData("my.socket", "my - - 5")]
    public void Systemd_that_listens_for_a_service_is_known_by_its_socket_unit(string unit, string expected) =>
        Assert.Equal(expected,
            Text(OwnerServices.Of(new PortOwner { Kind = OwnerKind.SocketActivation, Name = unit, Processes = [] }, null, NoPackage)));

    [Theory]
    [InlineData("docker.io/library/redis:7", "redis redis Redis 6")]
    [InlineData("registry.example.test:5000/team/postgres@sha256:00", "postgresql postgresql PostgreSQL 6")]
    [InlineData("acme/web", "web - - 5")]
    [InlineData("sha256:0123456789abcdef", null)]
    [InlineData("0123456789ab", null)]
    public void A_published_port_is_known_by_the_image_of_its_container(string image, string? expected)
    {
        var container = new ContainerInfo("4f2c", "docker", "db", null) { Image = image };

        Assert.Equal(expected, Text(OwnerServices.Of(PortOwner.OfContainer(container), "metaedit-ws", NoPackage)));
        if (expected is not null)
        {
            Assert.True(OwnerServices.Of(PortOwner.OfContainer(container with { EngineUser = 1000 }), "metaedit-ws", NoPackage)!.IsClaimed);
        }
    }

    [Fact]
    public void Another_program_is_named_by_its_package_or_by_itself()
    {
        var owner = Process("/usr/lib/acme/bin/server", NameGrade.Proved);

        Assert.Equal("acme - acme 5",
            Text(OwnerServices.Of(owner, "http-alt", path => path == "/usr/lib/acme/bin/server" ? "acme" : null)));
        Assert.Equal("server - server 5", Text(OwnerServices.Of(owner, "http-alt", NoPackage)));
    }

    [Fact]
    public void Owners_that_are_hidden_or_none_tell_nothing()
    {
        foreach (var kind in (OwnerKind[])[OwnerKind.Hidden, OwnerKind.None, OwnerKind.Kernel, OwnerKind.Forwarded])
        {
            Assert.Null(OwnerServices.Of(new PortOwner { Kind = kind, Name = "", Processes = [] }, "ssh", NoPackage));
        }
    }

    [Fact]
    public void Packages_are_found_in_dpkgs_lists_and_versions_in_its_status()
    {
        var folder = Directory.CreateTempSubdirectory("portolan-dpkg-").FullName;
        try
        {
            Directory.CreateDirectory(Path.Combine(folder, "info"));
            File.WriteAllText(Path.Combine(folder, "info", "openssh-server.list"), "/.\n/usr\n/usr/sbin/sshd-not\n");
            File.WriteAllText(Path.Combine(folder, "info", "ssh-server.list"), "/.\n/sbin/sshd\n");
            File.WriteAllText(Path.Combine(folder, "info", "postfix:amd64.list"), "/.\n/usr/lib/postfix/sbin/master\n");
            File.WriteAllText(Path.Combine(folder, "info", "acme.list"), "/.\n/usr/bin/tool\n");
            File.WriteAllText(
                Path.Combine(folder, "status"),
                "Package: postfix\nStatus: deinstall ok config-files\nVersion: 1\n\nPackage: postfix-doc\nStatus: install ok installed\n"
                    + "Version: 2\n\nPackage: postfix\nStatus: install ok installed\nVersion: 3.7.11-0+deb12u1\n\n");
            var packages = new PackageFiles(folder);

            Assert.Equal("ssh-server", packages.Of("/usr/sbin/sshd"));
            Assert.Equal("postfix", packages.Of("/usr/lib/postfix/sbin/master (deleted)"));
            Assert.Null(packages.Of("/usr/sbin/other"));
            Assert.Null(packages.Of("relative"));
            Assert.Null(packages.Search("/usr/sbin/other"));
            Assert.Null(packages.Of("/usr/bin/tool"));
            Assert.Equal("acme", packages.Search("/usr/bin/tool"));
            Assert.Equal("3.7.11-0+deb12u1", packages.VersionOf("postfix"));
            Assert.Null(packages.VersionOf("nothing"));
            Assert.Null(new PackageFiles(Path.Combine(folder, "none")).Of("/usr/sbin/sshd"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string? NoPackage(string path) => null;

    private static PortOwner Process(string path, NameGrade grade, params string[] command) => new()
    {
        Kind = OwnerKind.Process,
        Name = "x",
        Processes =
            [new ProcessInfo(7, 1) { Name = "x", ExecutablePath = path, ProgramGrade = grade, CommandLine = command.Length > 0 ? command
            : [path] }],
    };

    private static string? Text(RunningService? service) =>
        service is null ? null : $"{service.Label} {service.Protocol ?? "-"} {service.Product ?? "-"} {service.Confidence}";
}
