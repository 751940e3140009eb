using Portolan.Model;

namespace Portolan.Tests.Model;

/// <summary>What is said of a file that cannot be opened.</summary>
public sealed class NamedFileTests
{
    [Fact]
    public void A_file_that_is_missing_a_folder_that_is_missing_and_a_folder_are_told_apart()
    {
        var folder = Directory.CreateTempSubdirectory("portolan");
        try
        {
            var missing = Path.Combine(folder.FullName, "missing");
            Assert.Equal("the file does not exist", WhyNot(missing));
            Assert.Equal($"folder {missing} does not exist", WhyNot(Path.Combine(missing, "file")));
            Assert.Equal("it is a folder", WhyNot(folder.FullName));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Names_in_a_folder_that_is_missing_are_none() => Assert.Empty(NamedFile.NamesIn("/nonexistent/portolan", 10));

    private static string WhyNot(string path) =>
        NamedFile.WhyNot(Assert.ThrowsAny<Exception>(() => NamedFile.OpenRead(path).Dispose()), path);
}
