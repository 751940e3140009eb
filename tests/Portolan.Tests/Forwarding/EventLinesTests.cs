using System.Text;
using System.Text.Json;
using Portolan.Cli.Forwarding;
using Portolan.Cli.Hosting;
using Portolan.Linux.Terminals;

namespace Portolan.Tests.Forwarding;

/// <summary>Events on a disk that fills up, and for a reader that goes.</summary>
public sealed class EventLinesTests
{
    private readonly StringWriter _error = new();

    [Fact]
    public void A_full_disk_costs_whole_events_which_are_counted_and_said_once()
    {
        var disk = new Disk { Room = 60 };
        var events = new EventLines(Context(disk));
        events.WriteFirst(static json => json.WriteNumber("n"u8, 0));
        for (var i = 1; i < 20; i++)
        {
            var number = i;
            disk.Room = i == 15 ? 1000 : disk.Room;
            events.Write(json => json.WriteNumber("n"u8, number));
        }

        var lines = Encoding.UTF8.GetString(disk.Content.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var whole = lines.Where(l => l.EndsWith('}')).Select(l => JsonDocument.Parse(l).RootElement.GetProperty("n").GetInt32()).ToList();
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 15, 16, 17, 18, 19], whole);
        Assert.Equal(20 - whole.Count, events.Lost);
        Assert.InRange(lines.Length - whole.Count, 0, 1);
        Assert.Equal(
            "portolan: no room: events are lost, and counted as eventsDropped; forwarding continues",
            Assert.Single(_error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)));
    }

    [Fact]
    public void A_reader_that_has_gone_is_told() =>
        Assert.Throws<BrokenPipeException>(
            () => new EventLines(Context(new Disk { IsGone = true })).Write(static json => json.WriteNumber("n"u8, 1)));

    [Fact]
    public void The_first_line_must_arrive() =>
        Assert.Throws<IOException>(() => new EventLines(Context(new Disk())).WriteFirst(static json => json.WriteNumber("n"u8, 1)));

    private CommandContext Context(Stream output) => new() { Output = output, OpenError = () => _error, OpenInput = () => TextReader.Null };

    /// <summary>Takes what there is room for, and fails with the rest as write(2) does.</summary>
    private sealed class Disk : MemoryStream
    {
        public int Room { get; set; }

        public bool IsGone { get; init; }

        public List<byte> Content { get; } = [];

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (IsGone)
            {
                throw new BrokenPipeException("stdout");
            }

            var taken = Math.Min(buffer.Length, Room);
            Content.AddRange(buffer[..taken]);
            Room -= taken;
            if (taken < buffer.Length)
            {
                throw new IOException("no room");
            }
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));
    }
}
