using Portolan.EndToEnd.Tests.Budgets;
using Portolan.EndToEnd.Tests.Documents;
using Portolan.EndToEnd.Tests.Support;

namespace Portolan.EndToEnd.Tests;

/// <summary>
/// The longest classes of a test program begin first (<c>SlowClasses.cs</c>): seen of this program, which is started again.
/// </summary>
public sealed class TestOrderTests
{
    [Fact]
    public void Classes_begin_in_the_order_that_is_given()
    {
        string[] first =
        [
            $"{typeof(DocumentExampleTests)}.{nameof(DocumentExampleTests.Masks_hide_what_differs_between_two_runs_and_nothing_else)}",
            $"{typeof(ExitCodeTests)}.{nameof(ExitCodeTests.Each_situation_is_of_a_code_that_a_page_names)}",
            $"{typeof(InputBudgetTests)}.{nameof(InputBudgetTests.No_option_that_names_a_file_is_forgotten)}",
        ];
        using var folder = new TemporaryFolder();
        var result = Programs.Run(
            Environment.ProcessPath!,
            ["--no-ansi", "--no-progress", "--results-directory", folder.Path, "--max-threads", "1", "--filter-method", .. first,
                $"{typeof(HangingTestTests)}.{nameof(HangingTestTests.A_program_that_ends_is_left_alone)}",
                $"{typeof(PrerequisitesTests)}.*",
                $"{typeof(TestScriptTests)}.{nameof(TestScriptTests.A_program_that_crashes_fails_it)}"],
            folder: folder.Path,
            environment: new Dictionary<string, string?> { ["PORTOLAN_RUNNING_TESTS"] = folder["notes"] }).Expect(0);

        var began = File.ReadLines(folder["notes"]).Where(static line => line.StartsWith("begin ", StringComparison.Ordinal)).ToList();
        Assert.True(began.Count > 5, result.Output);
        Assert.Equal(first.Select(static name => $"begin {name}"), began.Take(first.Length));
    }
}
