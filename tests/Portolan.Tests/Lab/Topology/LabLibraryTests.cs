using Portolan.Lab.Topology;
using Portolan.Lab.Topology.Reading;
using Portolan.Lab.Topology.Writing;
using Portolan.Model;
using Portolan.Tests.Support;

namespace Portolan.Tests.Lab.Topology;

public sealed class LabLibraryTests
{
    [Theory]
    [MemberData(nameof(Names))]
    public void The_text_that_is_printed_to_copy_reads_back_to_the_same_lab(string name)
    {
        var text = LabLibrary.ReadText(name);
        var copy = TopologyReader.Read(text, name);

        Assert.Empty(copy.Faults);
        Assert.Equal(TopologyWriter.Write(LabLibrary.Load(name)), TopologyWriter.Write(copy.OrThrow("copy")));
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
    }

    public static TheoryData<string> Names => [.. LabLibrary.Names];

    [Fact]
    public void The_program_has_each_sample_with_it() =>
        Assert.Equal(
            Directory.GetFiles(Repository.PathOf("samples", "lab"), "*.yaml").Select(Path.GetFileNameWithoutExtension).Order(
                StringComparer.Ordinal), LabLibrary.Names);

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_sample_has_no_fault_a_description_and_the_name_of_its_file(string name)
    {
        var reading = LabLibrary.Read(name);

        Assert.Empty(reading.Faults.Select(f => f.ToString()));
        Assert.Equal(name, reading.Topology!.Name);
        Assert.False(string.IsNullOrWhiteSpace(reading.Topology.Description));
    }

    [Fact]
    public void A_topology_is_found_by_its_path_too()
    {
        var path = Repository.PathOf("samples", "lab", "office.yaml");

        Assert.Equal(TopologyWriter.Write(LabLibrary.Load("office")), TopologyWriter.Write(LabLibrary.Load(path)));
    }

    [Fact]
    public void A_file_without_a_name_in_it_is_named_as_the_file()
    {
        using var folder = new Folder();
        File.WriteAllText(folder.PathOf("my-lab.yaml"), "networks: { a: 198.18.0.0/24 }");

        Assert.Equal("my-lab", LabLibrary.Load(folder.PathOf("my-lab.yaml")).Name);
    }

    [Fact]
    public void The_nearest_name_is_suggested_for_one_that_is_unknown()
    {
        var error = Assert.Throws<PortolanException>(() => LabLibrary.Load("offcie"));

        Assert.Equal(
            ("no topology and no file is named 'offcie'", "did you mean office?", ExitCode.Usage),
            (error.Message, error.Hint?.ToString(), error.ExitCode));
    }

    [Fact]
    public void A_name_that_is_like_none_is_told_where_the_names_are()
    {
        var error = Assert.Throws<PortolanException>(() => LabLibrary.Load("zzzzzzzz"));

        Assert.Equal(
            "hint: portolan lab list shows the topologies that come with the program; a file is named with its path",
            error.Hint?.ToHint());
    }

    [Fact]
    public void A_path_that_leads_nowhere_is_said_to()
    {
        using var folder = new Folder();

        Assert.Contains(
            "does not exist", Assert.Throws<PortolanException>(() => LabLibrary.Load(folder.PathOf("none.yaml"))).Message,
            StringComparison.Ordinal);
        Assert.EndsWith(
            " is a folder, not a file", Assert.Throws<PortolanException>(() => LabLibrary.Load(folder.PathOf("."))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void All_errors_of_a_file_are_told_with_its_name_line_and_column()
    {
        using var folder = new Folder();
        var path = folder.PathOf("bad.yaml");
        File.WriteAllText(path, "networks:\n  a: 198.18.0.1/24\nhost: {}\n");

        var error = Assert.Throws<PortolanException>(() => LabLibrary.Load(path));

        Assert.Equal($"{path} has 2 errors", error.Message);
        Assert.Equal(
            [$"{path}:2:6: '198.18.0.1/24' has bits behind its length; did you mean 198.18.0.0/24?",
                $"{path}:3:1: a topology has no key 'host'; did you mean hosts?"],
            error.Details);
    }

    [Fact]
    public void A_file_that_never_ends_is_refused()
    {
        var error = Assert.Throws<PortolanException>(() => LabLibrary.Load("/dev/zero"));

        Assert.Equal(("/dev/zero is longer than 16 MiB, the most that lab reads", ExitCode.Usage), (error.Message, error.ExitCode));
    }

    private sealed class Folder : IDisposable
    {
        private readonly string _path = Directory.CreateTempSubdirectory("portolan-lab-").FullName;

        public string PathOf(string name) => Path.Combine(_path, name);

        public void Dispose() => Directory.Delete(_path, recursive: true);
    }
}
