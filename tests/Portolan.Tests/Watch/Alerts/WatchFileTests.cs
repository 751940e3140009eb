using Portolan.Model;
using Portolan.Server.Watch.Settings;
using Portolan.Tests.Support;

namespace Portolan.Tests.Watch.Alerts;

/// <summary>The file of receivers: every mistake at once, with its line and a remedy, and secrets that stay secret.</summary>
public sealed class WatchFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, string> _environment = new(StringComparer.Ordinal);

    public WatchFileTests() => Secret("word", "s3cret");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_with_each_receiver_is_read()
    {
        var settings = Read(
            """
            schema: portolan.watch/1
            every: 10s
            zone: Europe/Berlin
            receivers:
              admins:
                kind: email
                server: mail.example.org:587
                user: portolan
                password-file: word
                from: Portolan <portolan@example.org>
                to: [ops@example.org, "On call <call@example.org>"]
                events: [port-opened, reach-changed]
                reach: [reachable, limited]
                ports: [1-1023, "8080,8443"]
                hosts: web1
              phone:
                kind: webhook
                url: https://ntfy.example.org/ports
                body: text
                token-file: word
                secret-file: word
                headers: { Priority: high, Tags: warning }
            """).Settings!;

        Assert.Equal(TimeSpan.FromSeconds(10), settings.Every);
        Assert.Equal(["admins", "phone"], settings.Routes.Select(static route => route.Name));
        Assert.Equal("1-1023,8080,8443", settings.Routes[0].Filter.Ports!.ToString());
        Assert.Equal("the password is ***", settings.Secrets.Hide("the password is s3cret"));
    }

    [Fact]
    public void All_mistakes_of_a_file_are_found_at_once_each_with_its_line_and_a_remedy()
    {
        var faults = Faults(
            """
            schema: portolan.watch/2
            every: 10 parsecs
            zone: Europe/Berlinn
            recievers: {}
            receivers:
              "a b": { kind: webhook, url: https://example.org }
              c: { kind: emial }
              d: { url: https://example.org }
              e:
                kind: email
                server: mail.example.org
                tls: none
                from: nobody
                to: []
                user: me
              f:
                kind: webhook
                url: ftp://example.org
                body: xml
                events: [port-open]
                reach: outside
                ports: 80-x
                headers: { Authorization: x }
                token-file: missing
              g: webhook
              h: { kind: webhook, url: "https://me:word@example.org" }
              i: { kind: webhook }
            """);

        Assert.Equal(
            [
                "1:9: this version does not read 'portolan.watch/2'; write schema: portolan.watch/1",
                "2:8: every is '10 parsecs'; write a number with us, ms, s, m or h, from 1s to 24h, e.g. 20ms",
                "3:7: this machine knows no time zone 'Europe/Berlinn'; write a name, e.g. Europe/Berlin; where that is missing too: "
                    + "apt-get install tzdata",
                "4:1: the file has no key 'recievers'; did you mean receivers?",
                "6:3: 'a b' cannot name a receiver; take up to 60 letters, digits, - and _",
                "7:14: there is no receiver of kind 'emial'; did you mean email?",
                "8:6: receiver d has no kind; write kind: one of email, heartbeat, journal, program, syslog, webhook",
                "10:5: user and password-file belong together; write both, or neither",
                "12:10: without TLS mail goes to this machine only; write tls: starttls, or server: localhost",
                "13:11: 'nobody' is not an address of mail; write admin@example.org",
                "14:9: to is empty; write to: [admin@example.org]",
                "18:10: 'ftp://example.org' is not a URL; write url: https://ntfy.sh/TOPIC",
                "19:11: body is no 'xml'; there are json, text",
                "20:14: events has no 'port-open'; did you mean port-opened?",
                "21:12: reach has no 'outside'; there are reachable, limited, blocked, local",
            ],
            faults.Take(15));
        Assert.Contains(faults, static f => f.StartsWith("22:", StringComparison.Ordinal));
        Assert.Contains(faults, static f => f.Contains("sets the header 'Authorization' itself", StringComparison.Ordinal));
        Assert.Contains(
            faults, static f => f.StartsWith("24:17: ", StringComparison.Ordinal)
                && f.Contains("does not exist", StringComparison.Ordinal));
        Assert.Contains(faults, static f => f.StartsWith("25:6: a receiver is a mapping, not one value", StringComparison.Ordinal));
        Assert.Contains(faults, static f => f.Contains("a URL with a password in it ends up in logs", StringComparison.Ordinal));
        Assert.Contains("27:6: url is missing; write url: https://ntfy.sh/TOPIC", faults);
        Assert.DoesNotContain(faults, static f => f.Contains("word@", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("", "1:1: the file is empty; the first line is schema: portolan.watch/1")]
    [InlineData("- a", "1:1: the file is a mapping, not a list; its keys are schema, every, zone, receivers, mutes, maintenance")]
    [InlineData("receivers: {}", "1:1: schema is missing; the first line is schema: portolan.watch/1")]
    [InlineData("schema: portolan.watch/1\n\treceivers: {}", "2:1: indented with a tab; indent with spaces: YAML wants them")]
    public void A_file_that_is_something_else_is_an_error_with_its_place(string text, string fault) =>
        Assert.Equal([fault], Faults(text));

    [Theory]
    [InlineData(
        "ports: 80, every: 1m",
        "3:58: a receiver of kind heartbeat has no key 'ports'; there are kind, url, url-file, token-file, ca-file, every")]
    [InlineData("every: 1s", "3:65: every is '1s'; write a number with us, ms, s, m or h, from 10s to 24h, e.g. 20ms")]
    public void A_heartbeat_takes_no_filter_because_it_gets_no_events(string keys, string fault) => Assert.Equal(
        [fault], Faults($"schema: portolan.watch/1\nreceivers:\n  a: {{ kind: heartbeat, url: \"https://example.org/0123\", {keys} }}"));

    [Theory]
    [InlineData("webhook, url: http://198.51.100.7/x", true)]
    [InlineData("webhook, url: http://127.0.0.1:8080/x", false)]
    public void What_others_can_read_on_the_way_is_a_warning(string receiver, bool isWarned)
    {
        var reading = Read($"schema: portolan.watch/1\nreceivers:\n  a: {{ kind: {receiver} }}");

        Assert.NotNull(reading.Settings);
        Assert.Equal(isWarned, reading.Faults.Any(static fault => fault.IsWarning));
    }

    [Fact]
    public void A_secret_that_others_can_read_is_refused_with_the_command_that_mends_it()
    {
        File.SetUnixFileMode(_folder["word"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);

        var fault = Assert.Single(Faults(Webhook("token-file: word")));

        Assert.Contains("users other than its owner may use it (mode 640); chmod 600 ", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void A_credential_of_systemd_comes_first_and_its_folder_is_private()
    {
        Directory.CreateDirectory(_folder["credentials"]);
        File.WriteAllText(_folder["credentials", "word"], "from systemd\n");
        File.SetUnixFileMode(_folder["credentials", "word"], (UnixFileMode)0b100_100_000);
        _environment["CREDENTIALS_DIRECTORY"] = _folder["credentials"];

        var settings = Read(Webhook("token-file: word")).Settings!;

        Assert.Equal("***, s3cret", settings.Secrets.Hide("from systemd, s3cret"));
    }

    [Fact]
    public void A_secret_in_a_URL_is_in_a_file_and_hidden_with_its_path()
    {
        Secret("hook", "https://hooks.example.org/T01/B02/xyz");

        var settings = Read("schema: portolan.watch/1\nreceivers:\n  a: { kind: webhook, url-file: hook }").Settings!;

        Assert.Equal("hooks.example.org*** failed", settings.Secrets.Hide("hooks.example.org/T01/B02/xyz failed"));
    }

    [Fact]
    public void Each_file_that_the_page_shows_has_no_errors()
    {
        Secret("mail.password", "s3cret");
        Secret("ntfy.url", "https://ntfy.sh/topic-0123456789");
        var files = File.ReadAllText(Repository.PathOf("docs", "watch.md")).Split("```yaml\n").Skip(1)
            .Select(static block => block.Split("```")[0]).ToList();

        Assert.True(files.Count >= 3);
        Assert.All(files, file => Assert.Empty(Faults(file)));
    }

    [Fact]
    public void A_file_that_is_not_there_says_so() => Assert.Contains(
        "does not exist",
        Assert.Throws<PortolanException>(() => WatchFile.Read(_folder["none.yaml"], _ => null, TimeProvider.System)).Message,
        StringComparison.Ordinal);

    private static string Webhook(string key) =>
        $"schema: portolan.watch/1\nreceivers:\n  a: {{ kind: webhook, url: \"https://example.org\", {key} }}";

    private void Secret(string name, string text)
    {
        File.WriteAllText(_folder[name], text + "\n");
        File.SetUnixFileMode(_folder[name], UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private string[] Faults(string text) => [.. Read(text).Faults.Select(static fault => fault.ToString())];

    private WatchReading Read(string text)
    {
        File.WriteAllText(_folder["watch.yaml"], text);
        return WatchFile.Read(_folder["watch.yaml"], name => _environment.GetValueOrDefault(name), TimeProvider.System);
    }
}
