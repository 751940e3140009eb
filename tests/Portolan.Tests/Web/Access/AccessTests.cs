using System.Net;
using Portolan.Model;
using Portolan.Tests.Support;
using Portolan.Web.Access;

namespace Portolan.Tests.Web.Access;

/// <summary>What may open a session, and what no longer does.</summary>
public sealed class AccessTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SteppedTime _time = new();
    private readonly StateFolder _state;

    public AccessTests()
    {
        _state = new StateFolder(_folder["serve"]);
        _state.Make();
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_link_opens_once()
    {
        var links = new LaunchLinks(_state, _time);
        var token = links.Make(Scope.Read);

        Assert.Null(links.Redeem("another"));
        Assert.Equal(Scope.Read, links.Redeem(token)?.Scopes);
        Assert.Null(links.Redeem(token));
    }

    [Fact]
    public void Of_many_that_open_a_link_at_once_one_gets_it()
    {
        var links = new LaunchLinks(_state, _time);
        for (var round = 0; round < 20; round++)
        {
            var token = links.Make(Scope.Read);
            Assert.Single(ParallelEnumerable.Range(0, 8).Select(_ => links.Redeem(token)).ToArray().OfType<LinkRecord>());
        }
    }

    [Fact]
    public void A_link_expires()
    {
        var links = new LaunchLinks(_state, _time);
        var token = links.Make(Scope.Read);
        _time.Advance(LaunchLinks.Life);

        Assert.Null(links.Redeem(token));
    }

    [Fact]
    public void A_session_needs_its_cookie_and_its_key()
    {
        var sessions = new Sessions(_state, _time);
        var (id, key, _) = sessions.Begin(Scope.Read);
        var (otherId, otherKey, _) = sessions.Begin(Scope.Read);

        Assert.NotNull(sessions.Find(id, key));
        Assert.Null(sessions.Find(id, otherKey));
        Assert.Null(sessions.Find(otherId, key));
        Assert.Null(sessions.Find(id, ""));
    }

    [Fact]
    public void Sessions_survive_a_restart_and_no_file_has_their_secrets()
    {
        var (id, key, _) = new Sessions(_state, _time).Begin(Scope.Read | Scope.Change);

        Assert.Equal(Scope.Read | Scope.Change, new Sessions(_state, _time).Find(id, key)?.Record.Scopes);
        Assert.All(Directory.GetFiles(_state.Path), file =>
        {
            Assert.DoesNotContain(id, File.ReadAllText(file), StringComparison.Ordinal);
            Assert.DoesNotContain(key, File.ReadAllText(file), StringComparison.Ordinal);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        });
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_state.Path));
    }

    [Theory]
    [InlineData(Scope.Read | Scope.Scan, 7 * 24)]
    [InlineData(Scope.Read | Scope.Change, 12)]
    [InlineData(Scope.Read | Scope.Admin, 12)]
    public void A_session_that_may_change_something_ends_sooner(object scopes, int hours)
    {
        var sessions = new Sessions(_state, _time);
        var (id, key, _) = sessions.Begin((Scope)scopes);
        var ended = sessions.Find(id, key)!.Ended;

        _time.Advance(TimeSpan.FromHours(hours) - TimeSpan.FromSeconds(1));
        Assert.NotNull(sessions.Find(id, key));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(sessions.Find(id, key));
        Assert.True(ended.IsCancellationRequested);
    }

    [Fact]
    public void Another_process_ends_all_sessions_and_their_streams()
    {
        var sessions = new Sessions(_state, _time);
        var (id, key, _) = sessions.Begin(Scope.Read);
        var ended = sessions.Find(id, key)!.Ended;

        Assert.Equal(1, Sessions.Reset(_state));

        sessions.Refresh();
        Assert.True(ended.IsCancellationRequested);
        Assert.Null(sessions.Find(id, key));
    }

    [Fact]
    public void A_damaged_file_is_no_session()
    {
        var (id, key, _) = new Sessions(_state, _time).Begin(Scope.Read);
        _state.Write("sessions.json", "[{"u8);

        var sessions = new Sessions(_state, _time);

        Assert.Null(sessions.Find(id, key));
        Assert.NotNull(sessions.Begin(Scope.Read).Id);
    }

    [Fact]
    public void A_ticket_is_for_one_path_once_within_its_time()
    {
        var tickets = new Tickets(_time);
        var caller = new Caller(Scope.Read, "session", null, null);

        var ticket = tickets.Make("/api/export/ports.csv?sort=port", caller);
        Assert.Null(tickets.Use(ticket, "/api/export/ports.json"));
        Assert.Null(tickets.Use(ticket, "/api/export/ports.csv?sort=port"));

        ticket = tickets.Make("/api/export/ports.csv", caller);
        Assert.Same(caller, tickets.Use(ticket, "/api/export/ports.csv"));
        Assert.Null(tickets.Use(ticket, "/api/export/ports.csv"));

        ticket = tickets.Make("/api/export/ports.csv", caller);
        _time.Advance(Tickets.Life);
        Assert.Null(tickets.Use(ticket, "/api/export/ports.csv"));
    }

    [Fact]
    public void Wrong_passwords_are_answered_a_few_at_once_and_then_slowly()
    {
        var limit = new LoginLimit(_time);
        var one = IPAddress.Parse("198.51.100.7");
        var tried = 0;
        for (; limit.TryTake(one, out _); tried++)
        {
        }

        Assert.Equal(10, tried);
        Assert.False(limit.TryTake(one, out var wait));
        Assert.Equal(TimeSpan.FromSeconds(6), wait);
        _time.Advance(wait);
        Assert.True(limit.TryTake(one, out _));
        Assert.False(limit.TryTake(one, out _));
    }

    [Theory]
    [InlineData("198.51.100.7", "198.51.100.8", false)]
    [InlineData("198.51.100.7", "::ffff:198.51.100.7", true)]
    [InlineData("2001:db8::1", "2001:db8::ffff:1", true)]
    [InlineData("2001:db8::1", "2001:db8:0:1::1", false)]
    [InlineData("127.0.0.1", "127.9.9.9", true)]
    [InlineData("127.0.0.1", "::1", true)]
    [InlineData("127.0.0.1", null, true)]
    [InlineData("127.0.0.1", "198.51.100.7", false)]
    public void Guessing_from_one_network_locks_no_other_out(string attacker, string? other, bool isSame)
    {
        var limit = new LoginLimit(_time);
        while (limit.TryTake(IPAddress.Parse(attacker), out _))
        {
        }

        Assert.Equal(!isSame, limit.TryTake(other is null ? null : IPAddress.Parse(other), out _));
    }

    [Fact]
    public void A_right_password_takes_no_attempt_and_many_addresses_no_memory()
    {
        var limit = new LoginLimit(_time);
        var person = IPAddress.Parse("198.51.100.7");
        for (var login = 0; login < 100; login++)
        {
            Assert.True(limit.TryTake(person, out _));
            limit.GiveBack(person);
        }

        var guesser = IPAddress.Parse("203.0.113.1");
        while (limit.TryTake(guesser, out _))
        {
        }

        for (var network = 0; network < 2 * LoginLimit.MostAddresses; network++)
        {
            limit.TryTake(IPAddress.Parse($"2001:db8:0:{network:x}::1"), out _);
        }

        // Those that tried once are forgotten before the one that has used up its attempts.
        Assert.False(limit.TryTake(guesser, out _));
        Assert.True(limit.Known <= LoginLimit.MostAddresses);
    }

    [Fact]
    public void Tokens_are_found_by_what_they_are_and_removed_by_their_name()
    {
        var tokens = new ApiTokens(_state, _time);
        var token = tokens.Make("backup", Scope.Read);

        Assert.Equal("backup", tokens.Find(token)?.Name);
        Assert.Null(tokens.Find("another"));
        Assert.Throws<PortolanException>(() => tokens.Make("backup", Scope.Read));
        Assert.True(tokens.Remove("backup"));
        Assert.Null(tokens.Find(token));
        Assert.False(tokens.Remove("backup"));
    }

    [Fact]
    public async Task One_server_has_a_folder_and_says_where_it_is()
    {
        Assert.Null(RunningServer.Find(_state));
        using (var running = await RunningServer.ClaimAsync(_state, TimeSpan.Zero))
        {
            running!.Write(new ServerRecord("http://127.0.0.1:7265/", Scope.Read));
            Assert.Null(await RunningServer.ClaimAsync(_state, TimeSpan.Zero));
            Assert.Equal("http://127.0.0.1:7265/", RunningServer.Find(_state)?.Url);
        }

        Assert.Null(RunningServer.Find(_state));
    }

    [Fact]
    public void The_log_has_a_line_for_each_action_and_hostile_text_cannot_add_one()
    {
        var log = new AuditLog(_state, _time);
        log.Add("session 1a2b3c4d", "127.0.0.1:50000", "POST /api/check", "x\n\u202e\u001b[31m", 200);
        log.Add(null, null, "GET /api/ports", null, 403);

        var lines = File.ReadAllLines(_state[AuditLog.FileName]);
        Assert.Equal(2, lines.Length);
        Assert.Contains("\\n", lines[0], StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', lines[0]);
    }

    [Fact]
    public void Requests_without_a_session_cannot_push_others_out_of_the_log()
    {
        var log = new AuditLog(_state, _time);
        log.Add("session 1a2b3c4d", "127.0.0.1:50000", "POST /api/ports/80/stop", "for real", 200);
        for (var request = 0; request < 100_000; request++)
        {
            log.Add(null, "198.51.100.7:40000", "POST /api/session", null, 401);
        }

        _time.Advance(AuditLog.BetweenStrangers);
        log.Add(null, "198.51.100.7:40000", "POST /api/session", null, 401);

        var lines = File.ReadAllLines(_state[AuditLog.FileName]);
        Assert.Equal(3, lines.Length);
        Assert.Contains("stop", lines[0], StringComparison.Ordinal);
        Assert.Contains("\"more\":0", lines[1], StringComparison.Ordinal);
        Assert.Contains("\"more\":99999", lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public void A_caller_cannot_push_others_out_of_the_log_and_what_changed_this_machine_is_always_there()
    {
        var log = new AuditLog(_state, _time);
        for (var request = 0; request < 10_000; request++)
        {
            log.Add("token reader", null, "POST /api/ports/80/stop", "for real", 412);
        }

        log.Add("token reader", null, "POST /api/ports/80/stop", "for real", 200, isKept: true);
        log.Add("token reader", null, "POST /api/check", "y", 200);
        log.Add("token other", null, "POST /api/check", "x", 200);

        var lines = File.ReadAllLines(_state[AuditLog.FileName]);
        Assert.Equal(AuditLog.AtOnce + 2, lines.Length);
        Assert.Contains($"\"status\":200,\"more\":{10_000 - AuditLog.AtOnce}", lines[^2], StringComparison.Ordinal);
        log.Finish();
        Assert.Contains("\"more\":1", File.ReadLines(_state[AuditLog.FileName]).Last(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1:7265", false, "127.0.0.1:7265", true)]
    [InlineData("127.0.0.1:7265", false, "localhost:7265", true)]
    [InlineData("127.0.0.1:7265", false, "LOCALHOST:7265", true)]
    [InlineData("127.0.0.1:7265", false, "127.0.0.1", false)]
    [InlineData("127.0.0.1:7265", false, "127.0.0.1:80", false)]
    [InlineData("127.0.0.1:7265", false, "127.0.0.1.evil.example:7265", false)]
    [InlineData("127.0.0.1:7265", false, "evil.example:7265", false)]
    [InlineData("127.0.0.1:7265", false, "127.1:7265", false)]
    [InlineData("127.0.0.1:7265", false, "", false)]
    [InlineData("127.0.0.1:80", false, "127.0.0.1", true)]
    [InlineData("[::1]:7265", false, "[::1]:7265", true)]
    [InlineData("[::1]:7265", false, "localhost:7265", true)]
    [InlineData("198.18.0.1:443", true, "198.18.0.1", true)]
    [InlineData("198.18.0.1:443", true, "localhost", false)]
    [InlineData("127.0.0.1:7265", false, "ports.example:8443", true)]
    public void A_server_has_its_own_names_and_no_other(string listens, bool isTls, string host, bool isKnown)
    {
        var place = IPEndPoint.Parse(listens);
        var names = new AllowedHosts(place, isTls, ["ports.example:8443"]);

        Assert.Equal(isKnown, names.Knows(host, place.Address));
        var scheme = isTls || host.EndsWith("8443", StringComparison.Ordinal) ? "https" : "http";
        Assert.Equal(isKnown, names.IsOwnOrigin($"{scheme}://{host}", place.Address));
    }

    [Fact]
    public void On_every_address_the_one_that_was_connected_to_is_a_name()
    {
        var names = new AllowedHosts(new IPEndPoint(IPAddress.Any, 7265), true, []);

        Assert.True(names.Knows("198.18.0.7:7265", IPAddress.Parse("198.18.0.7")));
        Assert.True(names.Knows("198.18.0.7:7265", IPAddress.Parse("::ffff:198.18.0.7")));
        Assert.False(names.Knows("198.18.0.8:7265", IPAddress.Parse("198.18.0.7")));
    }

    [Theory]
    [InlineData("read", Scope.Read)]
    [InlineData("read,change", Scope.Read | Scope.Change)]
    [InlineData("admin, scan", Scope.Admin | Scope.Scan)]
    [InlineData("", null)]
    [InlineData("read,", null)]
    [InlineData("Read", null)]
    [InlineData("all", null)]
    public void Scopes_are_words(string text, object? scopes)
    {
        Assert.Equal(scopes is not null, ScopeWords.TryRead(text, out var read));
        if (scopes is Scope known)
        {
            Assert.Equal(known, read);
        }
    }
}
