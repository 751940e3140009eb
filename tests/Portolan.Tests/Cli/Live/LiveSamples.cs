using System.Text;
using Portolan.Cli.Charting;
using Portolan.Cli.Live;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Filtering;
using Portolan.Tests.Support;

namespace Portolan.Tests.Cli.Live;

/// <summary>Looks and screens made by hand.</summary>
internal static class LiveSamples
{
    public static readonly DateTimeOffset Noon = new(2026, 8, 1, 12, 0, 0, TimeSpan.Zero);

    public static LiveModel Model() => new(static text => LiveFilter.Of(text, UserName, static () => new FilterNames()))
    {
        Every = TimeSpan.FromSeconds(2),
    };

    public static LiveLook Look(IReadOnlyList<ChartRow> rows, int seconds = 0) => new()
    {
        At = Noon.AddSeconds(seconds),
        Chart = new ChartModel(rows, [], ClientSockets: 0, HiddenOwners: 0),
        Facts = new MachineBuilder().Facts,
        IsJudged = true,
        Managers = "nft",
    };

    public static LiveModel Press(this LiveModel model, string typed)
    {
        foreach (var key in new KeyReader().Add(Encoding.UTF8.GetBytes(typed)))
        {
            model.Press(key);
        }

        return model;
    }

    public static LiveModel Press(this LiveModel model, LiveKey key)
    {
        model.Press(new KeyPress(key));
        return model;
    }

    public static List<string> Draw(LiveModel model, int columns, int rows, bool color = false) =>
        new LiveFrame(model, new OwnerName(UserName)) { Host = "web-3", Zone = TimeZoneInfo.Utc, Color = color }.Draw(columns, rows);

    public static string Drawn(LiveModel model, int columns, int rows, bool ascii)
    {
        var bytes = new MemoryStream();
        var output = new Utf8Writer(AsciiMarkStream.Over(bytes, name => name == "LC_ALL" ? ascii ? "C" : "C.UTF-8" : null));
        foreach (var line in Draw(model, columns, rows))
        {
            output.WriteLine(line);
        }

        output.Flush();
        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    private static string UserName(uint id) => id == 0 ? "root" : "www-data";
}
