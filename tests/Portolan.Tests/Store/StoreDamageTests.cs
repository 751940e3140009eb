using System.Globalization;
using Microsoft.Data.Sqlite;
using Portolan.Model;
using Portolan.Scan.Results;
using Portolan.Store;
using Portolan.Store.Files;
using Portolan.Store.Tables;
using Portolan.Tests.Support;
using Portolan.Watch.Recording;
using Portolan.Watch.Snapshots;

namespace Portolan.Tests.Store;

/// <summary>A damaged store: what can be read of it goes on in a new file, and nothing is said to be stored in the damaged one.</summary>
public sealed class StoreDamageTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 11, 20, 1, 2, 3, TimeSpan.Zero);
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _notices = [];

    private string Path => _folder["own.db"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_rows_on_the_pages_are_those_that_sqlite_reads()
    {
        Fill();
        using var store = Open();
        using var pages = SqlitePages.Open(Path);
        var rows = new SqliteRows(pages).All().ToList();
        foreach (var shape in StoreShape.All)
        {
            var expected = store.Connection.Number($"SELECT count(*) FROM {shape.Table}");
            Assert.Equal((shape.Table, expected), (shape.Table, rows.LongCount(row => shape.Fit(row) is not null)));
        }

        // Long enough for pages beside its own.
        var body = store.Connection.Read("SELECT body FROM content ORDER BY length(body) DESC LIMIT 1", [], static row => row.Bytes(0))[0];
        Assert.True(body.Length > 8000, $"{body.Length}");
        Assert.Contains(rows, row => StoreShape.All[0].Fit(row) is [_, _, byte[] found] && found.AsSpan().SequenceEqual(body));
    }

    [Fact]
    public void What_the_log_has_newer_is_read_too()
    {
        Fill();
        using var writer = Open();
        writer.Begin();
        writer.Contents.IdOf("only in the log");
        writer.Commit();
        Assert.True(new FileInfo($"{Path}-wal").Length > 0);
        using var pages = SqlitePages.Open(Path);
        Assert.Contains(
            new SqliteRows(pages).All(),
            static row => StoreShape.All[0].Fit(row) is [_, _, byte[] body] && body.AsSpan(1).SequenceEqual("only in the log"u8));
    }

    /// <summary>Noise, zeros or an early end at any place, in a file that was closed: whatever was hit, the next run is stored.</summary>
    [Trait("Quick", "no")]
    [Fact]
    public void Every_next_run_is_stored_whatever_was_damaged()
    {
        Fill();
        var whole = File.ReadAllBytes(Path);
        var (salvaged, kept) = (0, 0L);
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var bytes = Damage(whole, random, seed);
            var file = _folder[$"damaged-{seed % 4}.db"];
            foreach (var old in Directory.GetFiles(_folder.Path, $"damaged-{seed % 4}.db*"))
            {
                File.Delete(old);
            }

            File.WriteAllBytes(file, bytes);
            _notices.Clear();
            StoreOne(file, seed);

            using var store = HistoryStore.OpenForReading(file);
            Assert.Contains(store.Hosts.List(isChart: false), host => host.Key == "198.18.9.9");
            var said = _notices.Count;
            HistoryStore.OpenForWriting(file, Now, _notices.Add).Dispose();
            Assert.Equal((seed, said), (seed, _notices.Count));
            if (_notices.Count > 0)
            {
                salvaged++;
                kept += store.Looks.Count();
                var aside = Assert.Single(Directory.GetFiles(_folder.Path, $"damaged-{seed % 4}.db.damaged-*"));
                Assert.Contains(System.IO.Path.GetFileName(aside), _notices[0], StringComparison.Ordinal);
                Assert.True(new FileInfo(aside).Length >= bytes.Length);
                Assert.NotNull(store.Settings.Salvage);
            }

            Assert.Empty(Directory.GetFiles(_folder.Path, "*-repair"));
            Assert.Empty(Directory.GetFiles(_folder.Path, "*.new-*"));
        }

        Assert.True(salvaged > 100, $"{salvaged}");
        Assert.True(kept > salvaged * 50, $"{kept} looks in {salvaged} salvaged stores");
    }

    [Fact]
    public void Two_damages_in_one_second_keep_both_files()
    {
        for (var i = 0; i < 2; i++)
        {
            Fill();
            using (var file = File.OpenWrite(Path))
            {
                file.Position = 4096 * 3;
                file.Write(Enumerable.Repeat((byte)0x55, 9000).ToArray());
            }

            StoreOne(Path, i);
        }

        Assert.Equal(
            ["own.db.damaged-20261120T010203Z", "own.db.damaged-20261120T010203Z-2"],
            Directory.GetFiles(_folder.Path, "*.damaged-*").Select(System.IO.Path.GetFileName).Order(StringComparer.Ordinal));
    }

    /// <summary>A large store is checked once a day: between, the run that reads the damaged page ends in the new file.</summary>
    [Trait("Quick", "no")]
    [Fact]
    public void A_run_that_meets_damage_while_it_writes_ends_in_a_new_file()
    {
        Fill();
        long root;
        using (var store = Open())
        {
            store.Begin();
            for (var i = 0; i < 34; i++)
            {
                store.Connection.Run("INSERT INTO content(hash, body) VALUES (1, zeroblob(1048576))");
            }

            store.Commit();
            root = store.Connection.Number("SELECT rootpage FROM sqlite_master WHERE name = 'look'");
        }

        Open().Dispose();
        using (var file = File.OpenWrite(Path))
        {
            file.Position = (root - 1) * 4096;
            file.Write(Enumerable.Repeat((byte)0x55, 4096).ToArray());
        }

        using (var run = RunRecorder.Begin(Open(), TimeProvider.System, Scan(1001)))
        {
            Assert.Empty(_notices);
            run.Add(Look("198.18.9.8", 7000), Now.AddHours(1001));
            Assert.Contains("is damaged", Assert.Single(_notices), StringComparison.Ordinal);
            run.Add(Look("198.18.9.9", 7000), Now.AddHours(1001));
            run.End(isComplete: true, missRateBound: 0);
            Assert.Equal((2, 0), (run.Looks, run.Changes));
        }

        using var again = HistoryStore.OpenForReading(Path);
        Assert.Equal(60, again.Hosts.List(isChart: false).Count);
        var looks = again.Looks.Between(Now.AddHours(1000), Now.AddHours(1002));
        Assert.Equal(2, looks.Count);
        Assert.NotNull(again.Runs.Find(Assert.Single(looks.Select(static look => look.Run).Distinct()))?.EndedAt);
        Assert.Equal((20 * 58) + 2, again.Looks.Count());
    }

    [Fact]
    public void A_host_whose_row_was_lost_is_known_by_the_looks_at_it()
    {
        Fill();
        var bytes = File.ReadAllBytes(Path);
        using (var store = Open())
        {
            var root = (int)store.Connection.Number("SELECT rootpage FROM sqlite_master WHERE name = 'host'");
            bytes.AsSpan((root - 1) * 4096, 4096).Fill(0x55);
        }

        File.WriteAllBytes(Path, bytes);
        using var again = Open();
        Assert.Contains("hosts 58, looks 1160, ", Assert.Single(_notices), StringComparison.Ordinal);
        var host = Assert.IsType<HostRecord>(again.Hosts.Find("198.18.0.2"));
        Assert.Equal((Now, Now.AddHours(19)), (host.FirstLook, host.LastLook));
    }

    [Fact]
    public void A_link_stays_and_the_file_behind_it_is_renewed()
    {
        Fill();
        var link = _folder["links", "link.db"];
        Directory.CreateDirectory(_folder["links"]);
        File.CreateSymbolicLink(link, Path);
        using (var writer = Open())
        {
            writer.Begin();
            writer.Contents.IdOf("only in the log");
            writer.Commit();
            using var asked = HistoryStore.OpenForReading(link);
            byte[] body = [0, .. "only in the log"u8];
            Assert.NotEqual(0, asked.Connection.Number("SELECT count(*) FROM content WHERE body = $1", body));
        }

        using (var file = File.OpenWrite(Path))
        {
            file.Position = 4096 * 3;
            file.Write(Enumerable.Repeat((byte)0x55, 9000).ToArray());
        }

        StoreOne(link, 1);
        Assert.Equal(Path, File.ResolveLinkTarget(link, returnFinalTarget: true)?.FullName);
        Assert.Equal([link], Directory.GetFiles(_folder["links"]));
        Assert.Single(Directory.GetFiles(_folder.Path, "own.db.damaged-*"));
        using var store = HistoryStore.OpenForReading(link);
        Assert.NotNull(store.Hosts.Find("198.18.9.9"));
    }

    [Trait("Quick", "no")]
    [Theory]
    [InlineData(68, 0xdeadbeef)]
    [InlineData(60, 0xffff)]
    [InlineData(44, 0x63)]
    [InlineData(56, 2)]
    public void A_question_says_of_a_damaged_header_what_storing_says(int at, uint value)
    {
        Fill();
        var bytes = File.ReadAllBytes(Path);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(at), value);
        File.WriteAllBytes(Path, bytes);
        var error = Assert.Throws<PortolanException>(() => HistoryStore.OpenForReading(Path));
        Assert.Contains("is damaged", error.Message, StringComparison.Ordinal);
        StoreOne(Path, 1);
        Assert.Contains("is damaged", Assert.Single(_notices), StringComparison.Ordinal);
    }

    [Fact]
    public void A_number_of_a_text_that_was_lost_is_given_to_no_other()
    {
        Fill();
        long highest;
        using (var store = Open())
        {
            highest = store.Connection.Number("SELECT max(id) FROM content");
        }

        using (var file = File.OpenWrite(Path))
        {
            file.Position = 4096 * 2;
            file.Write(new byte[4096 * 4]);
        }

        using (var store = Open())
        {
            store.Begin();
            Assert.True(store.Contents.IdOf("quite new") > highest);
            store.Commit();
            Retention.Of(store).Prune(Now.AddYears(1));
            Assert.Null(store.Settings.Salvage);
            store.Begin();
            Assert.True(store.Contents.IdOf("newer still") > highest);
            store.Commit();
        }
    }

    [Fact]
    public void A_damaged_database_of_another_program_stays_where_it_is()
    {
        using (var connection = new SqliteConnection($"Data Source={Path};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText =
                """
                CREATE TABLE t(a);
                WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) INSERT INTO t SELECT i FROM n
                """;
            command.ExecuteNonQuery();
        }

        var bytes = File.ReadAllBytes(Path);
        bytes.AsSpan(24, 4000).Fill(0x55);
        File.WriteAllBytes(Path, bytes);
        var error = Assert.Throws<PortolanException>(Open);
        Assert.Contains("not a store of Portolan", error.Message, StringComparison.Ordinal);
        Assert.Equal([Path], Directory.GetFiles(_folder.Path));
    }

    private static byte[] Damage(byte[] whole, Random random, int seed)
    {
        var bytes = (byte[])whole.Clone();
        var at = seed % 5 == 0 ? random.Next(4096) : random.Next(bytes.Length);
        var length = Math.Min(1 << random.Next(1, 17), bytes.Length - at);
        switch (seed % 3)
        {
            case 0:
                random.NextBytes(bytes.AsSpan(at, length));
                break;
            case 1:
                bytes.AsSpan(at, length).Clear();
                break;
            default:
                return seed % 2 == 0 ? bytes[..Math.Max(1, at)] : [.. bytes[..at], .. bytes[(at + length)..]];
        }

        return bytes;
    }

    private HistoryStore Open() => HistoryStore.OpenForWriting(Path, Now, _notices.Add);

    private void StoreOne(string path, int number, string address = "198.18.9.9")
    {
        using var run = RunRecorder.Begin(
            HistoryStore.OpenForWriting(path, Now, _notices.Add), TimeProvider.System,
            Scan(1001));
        run.Add(Look(address, 7000 + number), Now.AddHours(1001));
        run.End(isComplete: true, missRateBound: 0);
    }

    private static RunRecord Scan(int hour) => new(RunKind.Scan, Now.AddHours(hour), $"scan {hour}", "portolan.scan/1");

    private void Fill()
    {
        var random = new Random(7);
        for (var scan = 0; scan < 20; scan++)
        {
            using var run = RunRecorder.Begin(
                Open(), TimeProvider.System, Scan(scan));
            for (var host = 2; host < 60; host++)
            {
                run.Add(Look(string.Create(CultureInfo.InvariantCulture, $"198.18.0.{host}"), 1 + random.Next(1000)), Now.AddHours(scan));
            }

            run.End(isComplete: true, missRateBound: 0);
        }

        using var store = Open();
        store.Begin();
        var words = Enumerable.Range(0, 3000).Select(_ => random.Next().ToString("x8", CultureInfo.InvariantCulture));
        store.Contents.IdOf(string.Concat(words));
        store.Settings.Keep = new KeepSetting(TimeSpan.FromDays(5000), null);
        store.Commit();
    }

    private static HostSnapshot Look(string address, int port)
    {
        Assert.True(InternetAddress.TryParse(address, out var parsed));
        var look = new HostSnapshot(new HostKey(parsed, null)) { Status = HostStatus.Up };
        look.Add(TransportProtocol.Tcp, PortRanges.Of(new PortNumber((ushort)port)), StateView.Of(PortState.Open, isAnswer: true));
        return look;
    }
}
