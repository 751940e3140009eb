using System.Globalization;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests;

/// <summary>
/// The code of short commands lies together in the program (src/Portolan.Cli/start-order.txt), so that a start faults few pages in.
/// </summary>
public sealed class StartOrderTests
{
    [Fact]
    public void Methods_of_short_commands_lie_beside_each_other()
    {
        var folders = Directory.Exists(Repository.PathOf("artifacts"))
            ? Directory.GetDirectories(Repository.PathOf("artifacts"), "native-*")
            : [];
        var symbols = folders.Select(static f => Path.Combine(f, "program", "portolan.dbg")).Where(File.Exists)
            .OrderByDescending(File.GetLastWriteTimeUtc).FirstOrDefault();
        Assert.SkipUnless(symbols is not null, "the program was not compiled ahead of time here");

        var wanted = File.ReadAllLines(Repository.PathOf("src", "Portolan.Cli", "start-order.txt")).ToHashSet(StringComparer.Ordinal);
        var found = new List<long>();
        foreach (var line in Programs.Run(Programs.Find("nm", "/usr/bin/nm"), [symbols!]).Expect(0).Output.Split('\n'))
        {
            if (line.Split(' ') is [var address, "t" or "T", var name] && wanted.Contains(name))
            {
                found.Add(long.Parse(address, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
            }
        }

        Assert.True(found.Count > wanted.Count / 2, $"the program has {found.Count} of {wanted.Count} methods: run scripts/start-order");

        // A method that two names share may have been placed by the other.
        found.Sort();
        var (first, last) = (found[found.Count / 20], found[^(1 + (found.Count / 20))]);
        Assert.True(last - first < 1 << 19, $"nine in ten of them lie in {last - first} bytes");
    }
}
