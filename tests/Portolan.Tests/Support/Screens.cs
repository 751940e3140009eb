using System.Globalization;
using System.Text;
using Portolan.Cli.Output;

namespace Portolan.Tests.Support;

/// <summary>
/// Screens that a person has reviewed: one file for each command in Cli/Screens, with what it draws at each width, in UTF-8 and ASCII.
/// <c>PORTOLAN_WRITE_SCREENS=1</c> writes them anew into the checkout; then look at the difference before it is committed.
/// </summary>
internal static class Screens
{
    /// <summary>The widths.</summary>
    public static readonly int[] Widths = [40, 60, 80, 120, 200];

    /// <summary>Holds what a command draws against its file.</summary>
    /// <param name="name">The file, without its extension.</param>
    /// <param name="draw">Draws at a width, in UTF-8 or in ASCII.</param>
    /// <param name="mayPass">Lines that a terminal may break, such as commands that are there to be copied.</param>
    public static void AssertReviewed(string name, Func<int, bool, string> draw, Func<string, bool>? mayPass = null)
    {
        var all = new StringBuilder();
        foreach (var width in Widths)
        {
            foreach (var ascii in (bool[])[false, true])
            {
                var screen = draw(width, ascii).ReplaceLineEndings("\n");
                foreach (var line in screen.Split('\n'))
                {
                    Assert.True(
                        DisplayWidth.Of(Encoding.UTF8.GetBytes(line)) <= width || mayPass?.Invoke(line) == true,
                        $"wider than {width} columns: {line}");
                    Assert.False(line.EndsWith(' '), $"ends with a space: {line}");
                }

                Assert.True(!ascii || screen.All(char.IsAscii), screen);
                all.Append(CultureInfo.InvariantCulture, $"=== {width} columns, {(ascii ? "ASCII" : "UTF-8")}\n{screen}\n");
            }
        }

        var file = Path.Combine("Cli", "Screens", $"{name}.txt");
        if (Environment.GetEnvironmentVariable("PORTOLAN_WRITE_SCREENS") == "1")
        {
            File.WriteAllText(Path.Combine(Project(), file), all.ToString());
            return;
        }

        Assert.Equal(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, file)), all.ToString());
    }

    private static string Project([System.Runtime.CompilerServices.CallerFilePath] string here = "") =>
        Path.GetDirectoryName(Path.GetDirectoryName(here))!;
}
