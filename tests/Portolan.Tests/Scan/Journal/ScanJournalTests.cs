using Portolan.Model;
using Portolan.Scan.Engine;
using Portolan.Scan.Journal;
using Portolan.Scan.Results;
using Portolan.Scan.Targets;
using Portolan.Tests.Scan.Connecting;
using Portolan.Tests.Support;

namespace Portolan.Tests.Scan.Journal;

/// <summary>A scan that was ended in any way goes on from its journal, and comes to what it would have come to.</summary>
public sealed class ScanJournalTests : IDisposable
{
    private const string Targets = "192.0.2.1-7 2001:db8::/126";
    private const string Ports = "1-60";

    private readonly string _folder = Directory.CreateTempSubdirectory("portolan-journal-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static ScanSettings Settings(ulong seed = 1) => SimulatedScan.Settings(seed) with
    {
        Discovery = new DiscoverySettings(),
        Timing = new TimingSettings { MaxHostGroup = 4, MaxRate = 200 },
    };

    private static SimulatedNetwork Network(int seed) => new(seed)
    {
        TruthOf = (address, _, port) =>
            (((int)(address.Number % 251) * 7) + port) % 5 == 4 ? Truth.Silent : (Truth)(((int)(address.Number % 251) + port) % 5),
    };

    private static JournalHeader Header(TargetPlan plan, ScanSettings settings) =>
        new(["scan", "-sT", Targets], "/", DateTimeOffset.UnixEpoch, ScanMode.Connect, settings.Seed, plan)
        {
            LeftOut = ["nowhere.invalid"],
        };

    private string File(string name = "a.journal") => Path.Combine(_folder, name);

    private static ScanLog Whole(int seed)
    {
        var settings = Settings((ulong)seed);
        return SimulatedScan.Run(Network(seed), SimulatedScan.Plan(Targets, Ports, settings), settings, null);
    }

    /// <summary>Runs until so many attempts were made; the journal stays.</summary>
    private static ScanLog RunUntil(int attempts, ScanJournal journal, SimulatedNetwork network, ScanSettings settings)
    {
        using var interrupt = new CancellationTokenSource();
        network.OnAttempt = made =>
        {
            if (made >= attempts)
            {
                interrupt.Cancel();
            }
        };
        return SimulatedScan.Run(network, journal.Header.Plan, settings, journal, interrupt);
    }

    private byte[] Interrupted(int seed, int attempts, ScanSettings settings)
    {
        var path = File($"{seed}-{attempts}.journal");
        using (var journal = ScanJournal.Create(path, Header(SimulatedScan.Plan(Targets, Ports, settings), settings)))
        {
            RunUntil(attempts, journal, Network(seed), settings);
        }

        return System.IO.File.ReadAllBytes(path);
    }

    private ScanLog Resume(byte[] bytes, int seed, ScanSettings settings)
    {
        System.IO.File.WriteAllBytes(File(), bytes);
        using var journal = ScanJournal.Resume(File());
        var log = SimulatedScan.Run(Network(seed + 1), journal.Header.Plan, settings, journal);
        Assert.False(System.IO.File.Exists(File()));
        return log;
    }

    [Fact]
    public void Interrupted_anywhere_and_resumed_again_and_again_it_finds_the_same()
    {
        Fuzz.Run(10, (random, seed) =>
        {
            var settings = Settings((ulong)seed);
            var path = File("b.journal");
            var journal = ScanJournal.Create(path, Header(SimulatedScan.Plan(Targets, Ports, settings), settings));
            ScanLog log;
            while (true)
            {
                using (journal)
                {
                    log = RunUntil(random.Next(1, 500), journal, Network(seed + random.Next(9)), settings);
                }

                if (log.End!.IsComplete)
                {
                    break;
                }

                journal = ScanJournal.Resume(path);
                Assert.Equal(["scan", "-sT", Targets], journal.Header.Arguments);
                Assert.Equal(["nowhere.invalid"], journal.Header.LeftOut);
            }

            Assert.Equal(Whole(seed).Results, log.Results);
            Assert.Equal(11, log.HostStates.Count);
            Assert.False(System.IO.File.Exists(path));
        });
    }

    [Fact]
    public void Cut_at_any_byte_it_goes_on_to_the_same_results()
    {
        const int Seed = 5;
        var settings = Settings(Seed);
        var bytes = Interrupted(Seed, 600, settings);
        var expected = Whole(Seed).Results;
        var headLength = HeadLength(bytes);
        for (var length = headLength; length < bytes.Length; length += 1 + (length * 7 % 97))
        {
            Assert.Equal(expected, Resume(bytes[..length], Seed, settings).Results);
        }

        for (var length = 0; length < headLength; length += 3)
        {
            System.IO.File.WriteAllBytes(File(), bytes[..length]);
            Assert.Equal(ExitCode.Usage, Assert.Throws<PortolanException>(() => ScanJournal.Resume(File())).ExitCode);
        }
    }

    [Fact]
    public void Spoiled_anywhere_it_is_refused_or_goes_on_to_the_same_results()
    {
        const int Seed = 6;
        var settings = Settings(Seed);
        var bytes = Interrupted(Seed, 700, settings);
        var expected = Whole(Seed).Results;
        Fuzz.Run(30, (random, _) =>
        {
            var spoiled = bytes.ToArray();
            spoiled[random.Next(spoiled.Length)] ^= (byte)(1 << random.Next(8));
            try
            {
                Assert.Equal(expected, Resume(spoiled, Seed, settings).Results);
            }
            catch (PortolanException)
            {
                // The head was hit.
            }
        });
    }

    [Fact]
    public void Records_that_make_no_sense_are_refused_however_they_are_made()
    {
        const int Seed = 7;
        var settings = Settings(Seed);
        var bytes = Interrupted(Seed, 400, settings);
        var head = HeadLength(bytes);
        Fuzz.Run(300, (random, _) =>
        {
            using var stream = new MemoryStream();
            stream.Write(bytes.AsSpan(0, head));
            using var blocks = new MemoryStream(bytes[head..]);
            while (JournalBlocks.TryRead(blocks, out var block))
            {
                JournalBlocks.Append(stream, Fuzz.Damage(random, block));
            }

            System.IO.File.WriteAllBytes(File(), stream.ToArray());
            using var journal = ScanJournal.Resume(File());
            try
            {
                using var interrupt = new CancellationTokenSource();
                interrupt.Cancel();
                SimulatedScan.Run(Network(Seed), journal.Header.Plan, settings, journal, interrupt);
            }
            catch (PortolanException exception)
            {
                Assert.Contains("do not match", exception.Message, StringComparison.Ordinal);
            }
        });
    }

    [Fact]
    public void A_killed_scan_loses_about_a_second_of_work()
    {
        const int Seed = 8;
        var settings = Settings(Seed);
        var network = Network(Seed);
        var path = File("c.journal");
        long lengthAtKill = 0;
        using (var journal = ScanJournal.Create(path, Header(SimulatedScan.Plan(Targets, Ports, settings), settings)))
        {
            using var interrupt = new CancellationTokenSource();
            network.OnAttempt = made =>
            {
                if (made == 600)
                {
                    // What a kill leaves: the file as it is. Nothing but its end changes later.
                    lengthAtKill = new FileInfo(path).Length;
                    interrupt.Cancel();
                }
            };
            SimulatedScan.Run(network, journal.Header.Plan, settings, journal, interrupt);
        }

        System.IO.File.WriteAllBytes(File(), System.IO.File.ReadAllBytes(path)[..(int)lengthAtKill]);
        var second = Network(Seed);
        using var resumed = ScanJournal.Resume(File());
        var log = SimulatedScan.Run(second, resumed.Header.Plan, settings, resumed);
        Assert.Equal(Whole(Seed).Results, log.Results);

        // 200 attempts a second were made: those of a second, and what was in flight, are made again.
        var whole = Network(Seed);
        SimulatedScan.Run(whole, resumed.Header.Plan, settings, null);
        Assert.InRange(second.Attempts.Count, whole.Attempts.Count - 600, whole.Attempts.Count - 600 + 450);
    }

    [Fact]
    public void Results_of_before_are_told_again_and_counts_add_up()
    {
        const int Seed = 9;
        var settings = Settings(Seed);
        var bytes = Interrupted(Seed, 500, settings);
        var log = Resume(bytes, Seed, settings);
        Assert.All(
            log.Ports.Where(port => !port.Value.EndsWith("no-response", StringComparison.Ordinal)),
            port => Assert.Contains(port.Key, log.Live.Keys));
        Assert.True(log.End!.ProbesSent >= Whole(Seed).End!.ProbesSent);
        Assert.Contains(log.Start!.Notes, note => note.Contains("goes on with", StringComparison.Ordinal));
    }

    [Fact]
    public void A_short_scan_leaves_no_file_and_a_long_one_only_while_it_runs()
    {
        var settings = Settings();
        var network = Network(1);
        var seen = false;
        using var journal =
            ScanJournal.CreateLater(_folder, Header(SimulatedScan.Plan(Targets, Ports, settings), settings), TimeSpan.FromSeconds(2));
        var start = network.Clock.Now;
        network.OnAttempt = _ =>
        {
            seen |= journal.IsOnDisk;
            Assert.True(network.Clock.Now - start >= 2_000_000_000 || !journal.IsOnDisk);
        };
        var log = SimulatedScan.Run(network, journal.Header.Plan, settings, journal);
        Assert.Empty(log.Warnings);
        Assert.True(seen, $"{log.End}");
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public void Other_files_other_versions_missing_ones_and_those_in_use_are_refused_by_name()
    {
        System.IO.File.WriteAllText(File("x.txt"), "Starting Nmap 7.93 ( https://nmap.org )");
        Assert.Contains("not the journal", Refused("x.txt"), StringComparison.Ordinal);
        var settings = Settings();
        var bytes = Interrupted(1, 100, settings);
        bytes[JournalBlocks.Magic.Length - 1]++;
        System.IO.File.WriteAllBytes(File("y.journal"), bytes);
        Assert.Contains("version 2", Refused("y.journal"), StringComparison.Ordinal);
        Assert.Contains("the file does not exist", Refused("z.journal"), StringComparison.Ordinal);
        using var running = ScanJournal.Create(File("r.journal"), Header(SimulatedScan.Plan(Targets, Ports, settings), settings));
        Refused("r.journal");
        Assert.Throws<PortolanException>(() => ScanJournal.Create(File("r.journal"), running.Header));
    }

    [Theory]
    [InlineData(
        "# Nmap 7.93 scan initiated Tue Nov 24 17:33:12 2026 as: nmap -sS -p- -oN a.nmap -oX a.xml 192.0.2.0/24\nNmap scan report",
        "output of nmap", "portolan scan -sS -p- 192.0.2.0/24 --journal scan.journal")]
    [InlineData(
        "<?xml version=\"1.0\"?>\n<!DOCTYPE nmaprun>\n<!-- Nmap 7.93 scan initiated D as: nmap -sT &#45;&#45;open -oA f 192.0.2.1 -->\n",
        "output of nmap", "portolan scan -sT --open 192.0.2.1 --journal scan.journal")]
    [InlineData("# Nmap 7.93 scan initiated D as: nmap $(reboot) `x` 192.0.2.1\n", "output of nmap",
        "'$(reboot)' '`x`' 192.0.2.1 --journal")]
    [InlineData("# Nmap 7.93 scan initiated D", "output of nmap", "with --journal FILE")]
    [InlineData(
        "# Portolan 0.1.0 scan initiated D as: portolan scan 192.0.2.1\n", "the result of a scan, not its journal", "newest journal")]
    [InlineData("# Unison 1.0 scan initiated D as: nmap\n", "not the journal of a scan", "scan --journal")]
    public void A_result_that_is_no_journal_is_refused_with_what_to_do_instead(string text, string message, string hint)
    {
        System.IO.File.WriteAllText(File("result"), text);
        var refusal = Assert.Throws<PortolanException>(() => ScanJournal.Resume(File("result")));
        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
        Assert.Contains(hint, refusal.Hint?.ToString(), StringComparison.Ordinal);
        Assert.Equal(text, System.IO.File.ReadAllText(File("result")));
    }

    [Fact]
    public void The_folder_lists_the_journals_of_scans_that_do_not_run_newest_first()
    {
        var settings = Settings();
        var bytes = Interrupted(1, 100, settings);
        Directory.Delete(_folder, recursive: true);
        Assert.Empty(JournalFolder.List(_folder));
        Directory.CreateDirectory(_folder);
        System.IO.File.WriteAllBytes(File("old.journal"), bytes);
        System.IO.File.SetLastWriteTimeUtc(File("old.journal"), new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        System.IO.File.WriteAllBytes(File("new.journal"), bytes);
        System.IO.File.WriteAllText(File("broken.journal"), "no journal");
        using var running = ScanJournal.Create(File("r.journal"), Header(SimulatedScan.Plan(Targets, Ports, settings), settings));
        Assert.Equal([File("new.journal"), File("old.journal")], JournalFolder.List(_folder).Select(entry => entry.Path));
    }

    [Theory]
    [InlineData("/state", "/home/u", "/state/portolan")]
    [InlineData(null, "/home/u", "/home/u/.local/state/portolan")]
    [InlineData("relative", "/home/u", "/home/u/.local/state/portolan")]
    [InlineData("", "", null)]
    public void The_state_folder_is_where_the_specification_says(string? stateHome, string home, string? expected) =>
        Assert.Equal(expected, JournalFolder.Find(stateHome, home));

    [Theory]
    [InlineData("10.0-255.1,3-5.7 10.0.0.0/8 2001:db8::/96")]
    [InlineData("192.0.2.1:80,443 192.0.2.1:22 192.0.2.0/30")]
    [InlineData("*.*.*.1")]
    public void A_plan_is_the_same_after_writing_and_reading(string targets)
    {
        var plan = SimulatedScan.Plan(targets, "1-100", Settings());
        var to = new JournalEncoder();
        PlanCodec.Write(plan, to);
        var from = new JournalDecoder(to.Written);
        Assert.True(PlanCodec.TryRead(ref from, out var read));
        Assert.True(from.IsAtEnd);
        Assert.Equal((plan.HostCount, plan.ProbeCount), (read.HostCount, read.ProbeCount));
        for (ulong i = 0; i < 1000; i++)
        {
            var host = (ulong)((UInt128)plan.HostCount * i / 1000);
            Assert.Equal(plan.HostAt(host), read.HostAt(host));
            Assert.Equal(plan.PortsOf(host).Count, read.PortsOf(host).Count);
            Assert.Equal(plan.PortsOf(host)[0], read.PortsOf(host)[0]);
        }
    }

    private static int HeadLength(byte[] bytes)
    {
        using var stream = new MemoryStream(bytes);
        stream.Position = JournalBlocks.Magic.Length;
        Assert.True(JournalBlocks.TryRead(stream, out _));
        return (int)stream.Position;
    }

    private string Refused(string name) => Assert.Throws<PortolanException>(() => ScanJournal.Resume(File(name))).Message;
}
