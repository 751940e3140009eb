using Portolan.Linux;
using Portolan.Model;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Naming;
using Portolan.Sockets.Origins;
using Portolan.Sockets.Owners;
using Portolan.Tests.Support;

namespace Portolan.Tests.Sockets.Origins;

/// <summary>What files say of a start: units, crontabs, configuration, git's own.</summary>
public sealed class OriginFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("portolan-origins-").FullName;

    [Theory]
    [InlineData("Restart=always\n", "systemd, 100ms after it exits (Restart=always)")]
    [InlineData("Restart=on-failure\nRestartSec=2min 5s\n", "systemd, 2min 5s after it fails (Restart=on-failure)")]
    [InlineData("Restart=always\nRestart=no\n", "none is known: web.service has no Restart= and no target wants it")]
    public void What_restarts_a_unit_is_read_from_its_file(string service, string again)
    {
        Write("web.service", $"[Service]\n{service}");

        var (by, found) = UnitOrigin.Of("web.service", null, new UnitFiles([_folder]));

        Assert.Equal(("systemd runs web.service", PathOf("web.service")), (by.Text, by.Source));
        Assert.Equal(again, found?.Text);
    }

    [Fact]
    public void Drop_ins_count_after_the_file_and_the_more_important_folder_last()
    {
        Write("usr/web@.service", "[Service]\nRestart=no\nRestartSec=1\n");
        Write("usr/web@.service.d/10.conf", "[Service]\nRestart=on-failure\n");
        Write("etc/web@a.service.d/20.conf", "[Service]\nRestart=always\n");
        var files = new UnitFiles([PathOf("etc"), PathOf("usr")]);

        Assert.Equal(PathOf("usr/web@.service"), files.Find("web@a.service"));
        Assert.Equal("always", files.Setting("web@a.service", "Restart"));
        Assert.Equal("on-failure", files.Setting("web@b.service", "Restart"));
        Assert.Equal("1", files.Setting("web@b.service", "RestartSec"));
        Assert.Null(files.Setting("web@b.service", "ExecStart"));
    }

    [Fact]
    public void A_timer_and_a_socket_are_what_starts_their_service()
    {
        Write("backup.service", "[Service]\n");
        Write("backup.timer", "[Timer]\nOnCalendar=daily\n");
        Write("nightly.timer", "[Timer]\nUnit=report.service\nOnBootSec=5min\n");
        Write("report.service", "[Service]\n");
        Write("echo.service", "[Service]\n");
        Write("echo.socket", "[Socket]\nListenStream=7\n");
        var files = new UnitFiles([_folder]);

        Assert.Equal("backup.timer starts backup.service (OnCalendar=daily)", UnitOrigin.Of("backup.service", null, files).By.Text);
        Assert.Equal("nightly.timer, at its next time (OnBootSec=5min)", UnitOrigin.Of("report.service", null, files).Again?.Text);
        var (by, again) = UnitOrigin.Of("echo.service", "echo.socket", files);
        Assert.Equal(("echo.socket starts echo.service at the first connection", PathOf("echo.socket")), (by.Text, by.Source));
        Assert.Equal("echo.socket, at the next connection: stop it too", again?.Text);
    }

    [Theory]
    [InlineData("/srv/job --all", "*/5 * * * *", "root, line 2")]
    [InlineData("date +%H > /tmp/x", "0 3 * * 1", "root, line 4")]
    [InlineData("backup", "@daily", "etc-crontab, line 1")]
    [InlineData("job --all", null, null)]
    [InlineData("/srv/other", null, null)]
    public void The_line_of_a_crontab_with_a_command_is_found(string command, string? schedule, string? place)
    {
        Write("users/root", "# comment /srv/job --all\n*/5 * * * * /srv/job --all\n\n0 3 * * 1 date +\\%H > /tmp/x\n");
        Write("etc-crontab", "@daily root backup\n17 * * * * root  cd / && run-parts\n");
        var crontabs = new Crontabs([PathOf("etc-crontab")], [], [PathOf("users")]);

        var line = crontabs.Find(command);

        Assert.Equal(schedule, line?.Schedule);
        Assert.EndsWith(place ?? "", line?.Place ?? "", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("argument", "--port 8080 on its command line", "node", "server.js", "--port", "8080")]
    [InlineData("argument", "-p8080 on its command line", "node", "-p8080")]
    [InlineData("argument", "0.0.0.0:8080 on its command line", "gunicorn", "-b", "0.0.0.0:8080")]
    [InlineData("environment", "PORT=8080 in its environment", "node", "server.js", "18080")]
    [InlineData("file", "line 2 of ", "server", "--config=FOLDER/app.yml", "WITHOUT-PORT")]
    [InlineData("file", "line 2 of ", "server", "app.yml", "WITHOUT-PORT")]
    public void What_chose_the_port_is_named(string code, string text, params string[] words)
    {
        Write("app.yml", "# port: 8080\nport: 8080\n");
        var owner = Owner(new ProcessInfo(5, 1)
        {
            Name = words[0],
            CommandLine = [.. words.Select(w => w.Replace("FOLDER", _folder, StringComparison.Ordinal))],
            WorkingDirectory = _folder,
        });

        var found = PortChoice.Find(
            owner, new PortNumber(8080),
            _ => words[^1] == "WITHOUT-PORT" ? null : ["SECRET=18080", "COPY=8080", "PORT=8080"], new UnitFiles([_folder]), static _ => "");

        Assert.Equal(code, found?.Code);
        Assert.StartsWith(text, found!.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("line 2 of /tmp/x.d/a.conf", "nginx", "nginx: master process nginx -c /tmp/x.conf")]
    [InlineData("line 1 of /etc/nginx/nginx.conf", "nginx", "nginx: master process /usr/sbin/nginx -g daemon on;")]
    [InlineData("line 1 of /tmp/x", "server", "server", "-c", "/tmp/x")]
    [InlineData("line 1 of /srv/app.yml", "server", "server", "app.yml")]
    [InlineData("line 1 of /etc/redis/other.conf", "redis-server", "redis-server", "/etc/redis/other.conf")]
    [InlineData(null, "redis-server", "redis-server", "--save", "")]
    [InlineData(null, "nginx", "nginx", "-c", "/tmp/missing.conf")]
    [InlineData(null, "nginx", "nginx", "-c", "8080.conf")]
    [InlineData(
        "perhaps line 1 of /etc/redis/redis.conf: the process has overwritten its command line", "redis-server", "redis-server *:8080",
        "", "")]
    [InlineData("perhaps line 1 of /srv/out.json: no argument names the file", "server", "server", "--output=out.json")]
    public void A_line_of_a_file_is_named_for_certain_only_where_the_process_was_told_to_read_it(
        string? text, string program, params string[] words)
    {
        Write("etc/nginx/nginx.conf", "listen 8080;\n");
        Write("etc/redis/redis.conf", "port 8080\n");
        Write("etc/redis/other.conf", "port 8080\n");
        Write("tmp/x", "port 8080\n");
        Write("tmp/x.conf", "events {}\n  include x.d/*.conf;\n");
        Write("tmp/x.d/a.conf", "server {\n listen 127.0.0.1:8080;\n");
        Write("srv/app.yml", "port: 8080\n");
        Write("srv/out.json", "{\"port\": 8080}\n");
        var owner = Owner(new ProcessInfo(5, 1)
        {
            Name = program,
            CommandLine = words,
            WorkingDirectory = "/srv",
            ExecutablePath = $"/usr/sbin/{program}",
            ProgramGrade = NameGrade.Proved,
        });
        var units = new UnitFiles([_folder]);

        var found = PortChoice.Find(owner, new PortNumber(8080), static _ => null, units, _ => _folder);
        var unseen = PortChoice.Find(owner, new PortNumber(8080), static _ => null, units, static _ => null);

        Assert.Equal((text, text?.StartsWith("perhaps", StringComparison.Ordinal)), (found?.Text, found?.IsGuess));

        // Of this program's own root, nothing is certain about a process whose files are hidden.
        Assert.True(unseen?.IsGuess ?? true);
    }

    [Fact]
    public void The_link_by_which_a_program_was_started_is_found_where_it_leads_to_the_file_that_runs()
    {
        Write("redis-check-rdb", "");
        Write("other", "");
        File.CreateSymbolicLink(PathOf("redis-server"), "redis-check-rdb");
        var file = PathOf("redis-check-rdb");

        Assert.Equal(PathOf("redis-server"), ProgramLinks.Of(file, "redis-server"));
        Assert.Null(ProgramLinks.Of(file, "redis-check-rdb"));
        Assert.Null(ProgramLinks.Of(file, "redis-check-rd"));
        Assert.Null(ProgramLinks.Of(file, "other"));
        Assert.Null(ProgramLinks.Of(file, "../redis-server"));
        Assert.Null(ProgramLinks.Of(file, ""));
    }

    [Fact]
    public void A_file_of_a_container_and_what_is_no_regular_file_are_not_read()
    {
        Write("app.yml", "port: 8080\n");
        var main = new ProcessInfo(5, 1) { Name = "server", CommandLine = ["server", "app.yml"], WorkingDirectory = _folder };
        var inside = main with { Container = new ContainerInfo(new string('4', 64), "docker", null, null) };
        var units = new UnitFiles([_folder]);

        Assert.NotNull(PortChoice.Find(Owner(main), new PortNumber(8080), _ => null, units, static _ => ""));
        Assert.Null(PortChoice.Find(Owner(inside), new PortNumber(8080), _ => null, units, static _ => ""));
        Assert.Null(SmallFile.Text(_folder, 1000));
        Assert.Null(SmallFile.Text("/dev/zero", 1000));
        Assert.Null(SmallFile.Text(PathOf("app.yml"), 5));
        Assert.Equal("port: 8080\n", SmallFile.Text(PathOf("app.yml"), 11));
    }

    [Theory]
    [InlineData("8080", "8080", true)]
    [InlineData("--port=8080", "8080", true)]
    [InlineData("18080 80801", "8080", false)]
    [InlineData("18080 8080", "8080", true)]
    [InlineData("", "8080", false)]
    public void A_number_is_mentioned_as_a_whole(string text, string number, bool isMentioned) =>
        Assert.Equal(isMentioned, PortChoice.Mentions(text, number));

    [Fact]
    public void A_working_copy_is_named_with_its_branch_or_commit()
    {
        Write("shop/.git/HEAD", "ref: refs/heads/feature/x\n");
        Write("shop/app/server.js", "");
        Write("tree/.git", $"gitdir: {PathOf("shop/.git/worktrees/tree")}\n");
        Write("shop/.git/worktrees/tree/HEAD", "0123456789abcdef0123456789abcdef01234567\n");

        Assert.Equal($"{PathOf("shop")}, branch feature/x", WorkingCopies.Of(PathOf("shop/app"))?.Text);
        Assert.Equal($"{PathOf("tree")}, at commit 0123456789", WorkingCopies.Of(PathOf("tree"))?.Text);
        Assert.Null(WorkingCopies.Of("/"));
        Assert.Null(WorkingCopies.Of(null));
    }

    [Theory]
    [InlineData("", "/usr/bin/nginx", "nginx", 33, "0.0.0.0:8080", "http")]
    [InlineData("deleted-program", "/usr/bin/nginx (deleted)", "nginx", 33, "0.0.0.0:8080", "http")]
    [InlineData("root", "/usr/bin/node", "node", 0, "127.0.0.1:8080", "node app.js")]
    [InlineData("", "/usr/bin/node", "node", 0, "127.0.0.1:80", "node app.js")]
    [InlineData("open-database", "/usr/bin/redis-server", "redis-server", 33, "0.0.0.0:6379", "redis")]
    [InlineData("", "/usr/bin/redis-server", "redis-server", 33, "127.0.0.1:6379", "redis")]
    [InlineData("development-server", "/usr/bin/python3", "python3 -m http.server", 33, "0.0.0.0:8000", "python3 http.server")]
    [InlineData("", "/usr/bin/python3", "python3 -m http.server", 33, "127.0.0.1:8000", "python3 http.server")]
    [InlineData("world-writable", "/srv/open/server", "server", 33, "127.0.0.1:8000", "server")]
    public void What_deserves_attention_is_a_warning(
        string codes, string program, string command, uint user, string local, string service)
    {
        var (address, port) = MachineBuilder.Parse(local);
        var owner = Owner(new ProcessInfo(5, 1)
        {
            Name = command.Split(' ')[0],
            CommandLine = command.Split(' '),
            ExecutablePath = program,
            ProgramGrade = NameGrade.Proved,
            UserId = user,
            WorkingDirectory = "/srv",
        });

        var warnings = OriginWarnings.Of(
            owner, new PortNumber(port), [new PortBind(address, false, 0)], new RunningService(service, ServiceSource.Program),
            static folder => folder == "/srv/open" ? UnixFileMode.OtherWrite | UnixFileMode.UserWrite : UnixFileMode.UserWrite);

        Assert.Equal(codes, string.Join(' ', warnings.Select(static w => w.Code)));
    }

    [Fact]
    public void What_an_engine_says_of_a_container_is_read_from_its_answer()
    {
        var id = new string('4', 64);
        var answer = System.Text.Encoding.UTF8.GetBytes(
            $$$$"""
            {"Id":"{{{{id}}}}","Config":{"Labels":{"com.docker.compose.project":"shop","com.docker.compose.service":"db",
             "com.docker.compose.project.config_files":"/srv/shop/compose.yml"}},"HostConfig":{"RestartPolicy":{"Name":"always"}}}
            """);

        Assert.Equal(new ContainerOrigin("shop", "db", "/srv/shop/compose.yml", "always"), ContainerOrigin.Read(answer, id));
        Assert.Null(ContainerOrigin.Read(answer, new string('5', 64)));
        Assert.Null(ContainerOrigin.Read("[]"u8, id));
        Assert.Null(ContainerOrigin.Read("{"u8, id));
        Assert.Equal(
            new ContainerOrigin(null, null, null, null),
            ContainerOrigin.Read(
                System.Text.Encoding.UTF8.GetBytes($$$$"""{"Id":"{{{{id}}}}","Config":3,"HostConfig":{"RestartPolicy":[]}}"""), id));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static PortOwner Owner(ProcessInfo main) =>
        new() { Kind = OwnerKind.Process, Name = main.Name, Processes = [main], UserId = main.UserId, Container = main.Container };

    private string PathOf(string name) => Path.Combine(_folder, name);

    private void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(name))!);
        File.WriteAllText(PathOf(name), text);
    }
}
