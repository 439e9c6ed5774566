import java.io.FileInputStream;
import java.util.ArrayList;
import java.util.List;

/** A descriptor a cycle, that nobody closes: kept, or left to the collector. */
public class App {
    public static void main(String[] args) throws Exception {
        List<FileInputStream> kept = new ArrayList<>();
        for (int n = 1;; n++) {
            FileInputStream file = new FileInputStream("/dev/null");
            if (args[0].equals("leaky")) kept.add(file);
            byte[] garbage = new byte[300_000];
            System.out.println("cycle " + n + " " + garbage.length);
            Thread.sleep(20);
        }
    }
}
