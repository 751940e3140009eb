using Portolan.Sockets.Owners;

namespace Portolan.Tests.Sockets.Owners;

public sealed class UserNamesTests
{
    [Fact]
    public void The_first_name_of_an_id_counts_and_other_lines_are_passed_over()
    {
        var names = UserNames.Parse(
            ["root:x:0:0:root:/root:/bin/bash", "toor:x:0:0::/:/bin/sh", "", "# comment:x:5:5", "+nis:x:6:6", "-bad:x:7:7", ":x:8:8",
                "short:x:9", "neg:x:-1:1", "big:x:4294967296:1", "nobody:*:65534:65534"]);

        Assert.Equal([(0u, "root"), (65534u, "nobody")], names.Select(n => (n.Key, n.Value)).Order());
    }

    [Fact]
    public void A_missing_file_names_nobody()
    {
        var names = new UserNames("/nonexistent/passwd");

        Assert.Null(names.Name(0));
        Assert.False(names.TryGetId("root", out _));
    }

    [Fact]
    public void Names_are_found_both_ways()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "www:x:33:33::/:/bin/false\n");
            var names = new UserNames(path);

            Assert.Equal("www", names.Name(33));
            Assert.True(names.TryGetId("www", out var id));
            Assert.Equal(33u, id);
            Assert.False(names.TryGetId("WWW", out _));
        }
        finally
        {
            File.Delete(path);
        }
    }
}
