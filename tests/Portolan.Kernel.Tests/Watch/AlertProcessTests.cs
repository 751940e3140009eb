using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Portolan.Kernel.Tests.Support;
using Portolan.Store;
using Portolan.Tests.Support;
using Portolan.Tests.Watch.Alerts;
using Portolan.Watch.Recording;
using Portolan.Watch.Watching;

namespace Portolan.Kernel.Tests.Watch;

/// <summary>The program <c>portolan watch --config</c> on real listeners: kills, a second watcher, SIGHUP.</summary>
public sealed class AlertProcessTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("portolan-alerts").FullName;
    private readonly List<Process> _processes = [];
    private readonly StringBuilder _error = new();
    private WebhookServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await WebhookServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            if (!process.HasExited)
            {
                process.KillAndEnd();
            }

            process.Dispose();
        }

        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private string Store => Path.Combine(_folder, "h.db");

    private string Config => Path.Combine(_folder, "watch.yaml");

    [Fact]
    public void Ten_receivers_of_which_half_fail_and_kills_at_random_moments_lose_nothing_and_repeat_one_message_a_kill()
    {
        const int Receivers = 10;
        const int Kills = 4;
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var isOutage = true;
        _server.StatusOf = path => Volatile.Read(ref isOutage) && int.Parse(path[2..], CultureInfo.InvariantCulture) % 2 == 0
            && Random.Shared.Next(2) == 0 ? 503 : 204;
        Write(string.Concat(Enumerable.Range(0, Receivers).Select(
            i => string.Create(CultureInfo.InvariantCulture, $"  r{i}: {{ kind: webhook, url: \"{_server.Url}/r{i}\" }}\n"))));
        var watch = Start();
        WaitForWords("watching the ports of");
        for (var kill = 0; kill < Kills; kill++)
        {
            var until = Stopwatch.GetTimestamp() + (Stopwatch.Frequency * random.Next(11, 16));
            while (Stopwatch.GetTimestamp() < until)
            {
                using var listener = new TcpListener(IPAddress.Loopback, 0);
                listener.Start();
                watch.WaitForExit(random.Next(300, 2500));
            }

            watch.KillAndEnd();
            watch = Start();
        }

        Volatile.Write(ref isOutage, false);
        var wanted = new HashSet<string>(StringComparer.Ordinal);
        Bounded.Until(
            () =>
            {
                wanted = [.. Events()];
                return wanted.Count > 0
                    && Enumerable.Range(0, Receivers).All(i => wanted.IsSubsetOf(Accepted(i).SelectMany(static m => m.Events)));
            },
            $"every receiver has every event (seed {seed})", TimeSpan.FromMinutes(4));

        for (var i = 0; i < Receivers; i++)
        {
            var messages = Accepted(i);
            foreach (var same in messages.GroupBy(static m => m.Id, StringComparer.Ordinal))
            {
                Assert.Single(same.Select(static m => string.Join(' ', m.Events)).Distinct(StringComparer.Ordinal));
            }

            var once = messages.DistinctBy(static m => m.Id).ToList();
            Assert.InRange(messages.Count - once.Count, 0, Kills);
            var events = once.SelectMany(static m => m.Events).ToList();
            Assert.Equal(events.Count, events.Distinct(StringComparer.Ordinal).Count());
        }
    }

    [Fact]
    public void A_second_watcher_on_a_store_is_refused_with_the_number_of_the_first()
    {
        Write("  a: { kind: webhook, url: \"http://127.0.0.1:9\" }\n");
        var first = Start();
        WaitForWords("watching the ports of");

        var second = Start();

        Assert.Equal(3, second.End());
        WaitForWords(string.Create(CultureInfo.InvariantCulture, $"process {first.Id} watches into {Store} already"));
        first.KillAndEnd();
        var third = Start();
        Bounded.Until(() => Text().Split("watching the ports of").Length == 3, "the third watches");
        Assert.False(third.HasExited);
    }

    [Fact]
    public void SIGHUP_puts_a_changed_file_in_effect_and_a_wrong_one_changes_nothing()
    {
        Write($"  a: {{ kind: webhook, url: \"{_server.Url}/a\" }}\n");
        var watch = Start();
        WaitForWords("watching the ports of");

        Write("  a: { kind: webhok }\n");
        HangUp(watch);
        WaitForWords("has an error; the receivers stay as they were");
        WaitForWords("watch.yaml:3:14: there is no receiver of kind 'webhok'; did you mean webhook?");

        using (var listener = new TcpListener(IPAddress.Loopback, 0))
        {
            listener.Start();
            Bounded.Until(() => _server.Calls.Any(static c => c.Path == "/a"), "the receiver of before gets a message");
        }

        Write($"  b: {{ kind: webhook, url: \"{_server.Url}/b\" }}\n");
        HangUp(watch);
        WaitForWords("is in effect: 1 receiver");
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        Bounded.Until(() => _server.Calls.Any(static c => c.Path == "/b"), "the new receiver gets a message");
        Assert.False(watch.HasExited);
    }

    [Fact]
    public void A_full_disk_is_said_to_receivers_and_what_changed_meanwhile_is_found_once_there_is_room()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root for a file system of its own");
        Write($"  a: {{ kind: webhook, url: \"{_server.Url}/a\" }}\n");
        var disk = Directory.CreateDirectory(Path.Combine(_folder, "disk")).FullName;
        var watch = Start(
            "/usr/bin/unshare", "--mount", "/bin/sh", "-c", "mount -t tmpfs -o size=2m none \"$1\" && shift && exec \"$@\"", "sh", disk,
            BuiltProgram.Path, "watch", "--every", "1s", "--store", Path.Combine(disk, "h.db"), "--config", Config);
        WaitForWords("watching the ports of");
        var fill = string.Create(CultureInfo.InvariantCulture, $"/proc/{watch.Id}/root{disk}/fill");
        var listeners = new List<TcpListener>();
        try
        {
            Fill(fill);
            Bounded.Until(
                () =>
                {
                    for (var i = 0; i < 20; i++)
                    {
                        var listener = new TcpListener(IPAddress.Loopback, 0);
                        listener.Start();
                        listeners.Add(listener);
                    }

                    return Notices().Contains("disk-full") || watch.WaitForExit(1000);
                },
                "a notice of the full disk");
            Assert.False(watch.HasExited);
            File.Delete(fill);
            Bounded.Until(() => Notices().Contains("look-recovered"), "a notice that looks succeed again");
            var last = ((IPEndPoint)listeners[^1].LocalEndpoint).Port;
            Bounded.Until(
                () => _server.Calls.Any(call => Encoding.UTF8.GetString(call.Body).Contains(
                    string.Create(CultureInfo.InvariantCulture, $"{last}"), StringComparison.Ordinal)),
                "what changed meanwhile");
        }
        finally
        {
            listeners.ForEach(static listener => listener.Dispose());
        }
    }

    private static void Fill(string path)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        try
        {
            while (true)
            {
                file.Write(new byte[4096]);
            }
        }
        catch (IOException)
        {
            // It is full.
        }
    }

    private List<string?> Notices() =>
        [.. _server.Calls.Select(static call => JsonDocument.Parse(call.Body).RootElement.GetProperty("notice").GetString())];

    private void Write(string receivers) => File.WriteAllText(Config, "schema: portolan.watch/1\nreceivers:\n" + receivers);

    private Process Start() => Start(BuiltProgram.Path, "watch", "--every", "1s", "--store", Store, "--config", Config);

    private Process Start(string path, params string[] words)
    {
        var start = new ProcessStartInfo(path, words)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var process = Process.Start(start)!;
        _processes.Add(process);
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += (_, line) =>
        {
            lock (_error)
            {
                _error.Append(line.Data).Append('\n');
            }
        };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private string Text()
    {
        lock (_error)
        {
            return _error.ToString();
        }
    }

    private void WaitForWords(string words) => Bounded.Until(() => Text().Contains(words, StringComparison.Ordinal), $"{words}\n{Text()}");

    private static void HangUp(Process watch)
    {
        using var kill = Process.Start("/bin/kill", ["-s", "HUP", watch.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.End();
    }

    private string[] Events()
    {
        using var store = HistoryStore.OpenForReading(Store);
        var changes = new HistoryReader(store).ChangesAfter(0, null, 100_000);
        return [.. changes.Select(WatchEvent.Of).OfType<WatchEvent>().Select(static e => e.Id)];
    }

    private List<(string Id, string[] Events)> Accepted(int receiver) =>
        [.. _server.Calls.Where(c => c.Path == string.Create(CultureInfo.InvariantCulture, $"/r{receiver}") && c.Status == 204).Select(
            static call =>
            {
                var document = JsonDocument.Parse(call.Body).RootElement;
                return (document.GetProperty("id").GetString()!,
                    document.GetProperty("events").EnumerateArray().Select(static e => e.GetProperty("id").GetString()!).ToArray());
            })];
}
