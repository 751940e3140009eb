using Portolan.Tests.Support;

namespace Portolan.Tests.Scan.Formats;

/// <summary>Outputs that a person has read and found right, in the folder Golden.</summary>
internal static class Golden
{
    /// <summary>
    /// Compares with the file; what was written lies beside the test's own files when they differ, to be read and copied.
    /// </summary>
    public static void AssertSame(string file, string written)
    {
        var golden = Repository.PathOf("tests", "Portolan.Tests", "Scan", "Formats", "Golden", file);
        if (!File.Exists(golden) || File.ReadAllText(golden) != written)
        {
            var actual = Path.Combine(AppContext.BaseDirectory, file);
            File.WriteAllText(actual, written);
            Assert.Fail($"{file} is not what was reviewed: diff {golden} {actual}");
        }
    }
}
